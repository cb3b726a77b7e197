#ifndef PAYLOAD_SECCOMP_H
#define PAYLOAD_SECCOMP_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>

/* A filter of system calls (seccomp(2)): the table that seccomp/compile made of
 * seccomp/default.profile, or a file, an array of struct sock_filter as
 * seccomp/compile -r and other compilers write it. */

/* The return value, in the table, of a system call that needs the capability
 * CAP: an errno that no kernel returns.  seccomp_install() makes it "allow" or
 * ERR. */
#define SECCOMP_CAP(cap, err) \
	(SECCOMP_RET_ERRNO | 0x4000u | (uint32_t)(cap) << 8 | (uint32_t)(err))

struct seccomp {
	const char *file;
	uint64_t caps; /* allows what needs these, kept or not */
	struct sock_filter code[BPF_MAXINSNS];
	unsigned short len;
	unsigned flags;	   /* of seccomp(2) */
	const char *words; /* their words, or NULL */
};

/* Takes the flags in LIST, "log,spec-allow", in place of those before.  LIST is
 * kept; WHAT names the option.  Dies with 125 on another word. */
void seccomp_flags(struct seccomp *f, const char *what, const char *list);

/* Reads the filter from FILE, which the doorman opens where there is one; NULL:
 * takes the default; "namespaces": the default, with the calls that make
 * namespaces and mounts.  Dies with 125. */
void seccomp_read(struct seccomp *f, const char *file);

/* Installs the filter for a process that has the capabilities CAPS.  Needs
 * no_new_privs or CAP_SYS_ADMIN.  Dies with 125. */
void seccomp_install(struct seccomp *f, uint64_t caps);

#endif
