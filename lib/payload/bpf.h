#ifndef PAYLOAD_BPF_H
#define PAYLOAD_BPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

/* A filter of system calls, written as ranges of numbers that a binary tree
 * tells apart.  For seccomp/compile, too, which has no library. */

struct bpf {
	struct sock_filter code[BPF_MAXINSNS];
	unsigned n;
	bool full; /* something did not fit: the code is of no use */
};

void bpf_emit(struct bpf *b, unsigned op, uint32_t k, unsigned jt, unsigned jf);

/* Loads the low or the high half of an argument, or the field of struct
 * seccomp_data at OFFSET. */
void bpf_load(struct bpf *b, uint32_t offset);
uint32_t bpf_low(unsigned arg);
uint32_t bpf_high(unsigned arg);

/* Numbers from FIRST on, up to the next range: those of a call that has
 * conditions, or (NULL) that have the verdict RET. */
struct bpf_range {
	uint32_t first, ret;
	const void *call;
};

/* Adds a range behind the N others of R, and returns their number; a verdict
 * that goes on adds none. */
unsigned bpf_put(struct bpf_range *r, unsigned n, struct bpf_range next);

/* The calls of the machine type ABI, an AUDIT_ARCH_* value: EMIT_CALL writes
 * the code for a range with a call, which must not go on behind its end.  A
 * process of another type goes on behind. */
void bpf_abi(struct bpf *b, uint32_t abi, const struct bpf_range *r, unsigned n,
    void (*emit_call)(struct bpf *b, const void *call));

#endif
