#ifndef PAYLOAD_SECCOMP_H
#define PAYLOAD_SECCOMP_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>

/* A filter of system calls (seccomp(2)): the table that seccomp/compile made of
 * seccomp/default.profile, or one from a file, an array of struct sock_filter
 * as seccomp/compile -r and other compilers write it. */

/* What only the holder of a capability may call is compiled to this value, an
 * errno that no kernel returns; loading makes it "allow" or ERR. */
#define SYSFILTER_CAP(cap, err) \
	(SECCOMP_RET_ERRNO | 0x4000u | (uint32_t)(cap) << 8 | (uint32_t)(err))

struct sysfilter {
	const char *file;
	struct sock_filter code[BPF_MAXINSNS];
	unsigned short len;
};

/* From FILE, opened by the doorman where there is one; NULL: the default.
 * Dies with 125. */
void sysfilter_read(struct sysfilter *f, const char *file);

/* Installs it for a process that has the capabilities CAPS.  Needs no_new_privs
 * or CAP_SYS_ADMIN.  Dies with 125. */
void sysfilter_load(struct sysfilter *f, uint64_t caps);

#endif
