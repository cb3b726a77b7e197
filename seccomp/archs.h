#ifndef SECCOMP_ARCHS_H
#define SECCOMP_ARCHS_H

#include <stddef.h>
#include <stdint.h>

#if __has_include(<seccomp.h>)
#include <seccomp.h>
#else
#error "no seccomp.h: install libseccomp-dev (Fedora: libseccomp-devel)"
#endif

/* For the programs that run when boxtools is built. */

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#define MAX_NUM 1024	     /* above every number but ... */
#define ARM_PRIVATE 0x0f0000 /* ... those that only 32-bit ARM has */

/* The machine types of programs, and of their calls.  x86-64's x32 has numbers
 * from 2^30 on, which count as unknown. */
static const struct {
	const char *name;
	uint32_t abi[2];
} archs[] = {
    {"x86_64", {SCMP_ARCH_X86_64, SCMP_ARCH_X86}},
    {"i386", {SCMP_ARCH_X86}},
    {"aarch64", {SCMP_ARCH_AARCH64, SCMP_ARCH_ARM}},
    {"arm", {SCMP_ARCH_ARM}},
};

#endif
