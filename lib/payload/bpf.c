// SPDX-License-Identifier: MIT
/*
 * bpf - the code of a filter of system calls
 *
 * Calls with neighbouring numbers and one verdict become one range; a binary
 * tree finds the range in some eight comparisons, where a list takes hundreds.
 */
#include "payload/bpf.h"

#include <stddef.h>

void
bpf_emit(struct bpf *b, unsigned op, uint32_t k, unsigned jt, unsigned jf)
{
	if (b->n == BPF_MAXINSNS) {
		b->full = true;
		return;
	}
	b->code[b->n++] =
	    (struct sock_filter){(uint16_t)op, (uint8_t)jt, (uint8_t)jf, k};
}

void
bpf_load(struct bpf *b, uint32_t offset)
{
	bpf_emit(b, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

uint32_t
bpf_low(unsigned arg)
{
	return (uint32_t)(offsetof(struct seccomp_data, args) + 8 * arg);
}

uint32_t
bpf_high(unsigned arg)
{
	return bpf_low(arg) + 4;
}

unsigned
bpf_put(struct bpf_range *r, unsigned n, struct bpf_range next)
{
	if (n == 0 || next.call || r[n - 1].call || r[n - 1].ret != next.ret)
		r[n++] = next;
	return n;
}

/* A conditional jump reaches 255 instructions, the other kind any. */
static unsigned
jump(struct bpf *b)
{
	bpf_emit(b, BPF_JMP | BPF_JA, 0, 0, 0);
	return b->n - 1;
}

static void
land(struct bpf *b, unsigned at)
{
	b->code[at].k = b->n - at - 1;
}

/* The tree for ranges LO to HI - 1. */
static void
emit_tree(struct bpf *b, const struct bpf_range *r, unsigned lo, unsigned hi,
    void (*emit_call)(struct bpf *, const void *))
{
	const unsigned mid = (lo + hi) / 2;
	unsigned at;

	if (hi - lo == 1) {
		if (r[lo].call)
			emit_call(b, r[lo].call);
		else
			bpf_emit(b, BPF_RET | BPF_K, r[lo].ret, 0, 0);
		return;
	}
	bpf_emit(b, BPF_JMP | BPF_JGE | BPF_K, r[mid].first, 0, 1);
	at = jump(b);
	emit_tree(b, r, lo, mid, emit_call);
	land(b, at);
	emit_tree(b, r, mid, hi, emit_call);
}

void
bpf_abi(struct bpf *b, uint32_t abi, const struct bpf_range *r, unsigned n,
    void (*emit_call)(struct bpf *, const void *))
{
	unsigned at;

	bpf_load(b, offsetof(struct seccomp_data, arch));
	bpf_emit(b, BPF_JMP | BPF_JEQ | BPF_K, abi, 1, 0);
	at = jump(b);
	bpf_load(b, offsetof(struct seccomp_data, nr));
	emit_tree(b, r, 0, n, emit_call);
	land(b, at);
}
