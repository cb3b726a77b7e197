// SPDX-License-Identifier: MIT
/*
 * devbpf - device rules of a v2 group, as a BPF program
 *
 * v2 has no files for devices.  It runs programs of the type
 * BPF_PROG_TYPE_CGROUP_DEVICE, which get struct bpf_cgroup_dev_ctx and return 1
 * to allow (Documentation/admin-guide/cgroup-v2.rst, "Device controller").  The
 * rules are a few comparisons each, one rule behind the other.
 */
#include "cg/devbpf.h"
#include "base/die.h"
#include "base/say.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RESULT, SCRATCH, TYPE, ACCESS, MAJOR, MINOR }; /* registers */
#define CONTEXT 1 /* register 1 at the start */

/* Numbers of instructions: before the rules, the most of a rule, the end. */
#define START 6
#define RULE 8
#define END 2

struct program {
	struct bpf_insn insns[START + RULE * CG_DEVICES_MAX + END];
	unsigned n;
};

static void
emit(struct program *p, uint8_t code, uint8_t dst, uint8_t src, int16_t off,
    int32_t imm)
{
	p->insns[p->n++] = (struct bpf_insn){.code = code,
	    .dst_reg = dst & 0xf,
	    .src_reg = src & 0xf,
	    .off = off,
	    .imm = imm};
}

static void
load(struct program *p, uint8_t reg, size_t field)
{
	emit(p, BPF_LDX | BPF_MEM | BPF_W, reg, CONTEXT, (int16_t)field, 0);
}

static void
set(struct program *p, uint8_t op, uint8_t reg, uint32_t value)
{
	emit(p, BPF_ALU | op | BPF_K, reg, 0, 0, (int32_t)value);
}

static void
finish(struct program *p, bool allow)
{
	set(p, BPF_MOV, RESULT, allow);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void
start(struct program *p)
{
	load(p, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	load(p, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	load(p, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	emit(p, BPF_ALU | BPF_MOV | BPF_X, ACCESS, TYPE, 0, 0);
	set(p, BPF_AND, TYPE, 0xffff);
	set(p, BPF_RSH, ACCESS, 16);
}

/* Goes to the next rule, whose place is filled in later, unless REG is VALUE.
 */
static void
only(struct program *p, uint8_t reg, int value)
{
	emit(p, BPF_JMP | BPF_JNE | BPF_K, reg, 0, 0, value);
}

/* v1's logic: one exception has to allow all of the access, but a part of the
 * access is enough to be denied. */
static void
rule(struct program *p, const struct cg_device *d, bool allow)
{
	const unsigned from = p->n;

	only(p, TYPE, (int)d->type);
	if (d->major != DEVICE_ANY)
		only(p, MAJOR, d->major);
	if (d->minor != DEVICE_ANY)
		only(p, MINOR, d->minor);
	emit(p, BPF_ALU | BPF_MOV | BPF_X, SCRATCH, ACCESS, 0, 0);
	set(p, BPF_AND, SCRATCH, allow ? ~d->access : d->access);
	if (allow)
		only(p, SCRATCH, 0);
	else
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, SCRATCH, 0, 0, 0);
	finish(p, allow);
	for (unsigned i = from; i < p->n; i++)
		if (BPF_CLASS(p->insns[i].code) == BPF_JMP &&
		    BPF_OP(p->insns[i].code) != BPF_EXIT)
			p->insns[i].off = (int16_t)(p->n - i - 1);
}

static int
bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int
load_program(const struct program *p)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.expected_attach_type = BPF_CGROUP_DEVICE;
	attr.insns = (uint64_t)(uintptr_t)p->insns;
	attr.insn_cnt = p->n;
	attr.license = (uint64_t)(uintptr_t) "MIT";
	strcpy(attr.prog_name, "cg_device");
	return bpf(BPF_PROG_LOAD, &attr);
}

void
devbpf_attach(const struct cg_devices *d, const char *dir)
{
	struct program p = {.n = 0};
	union bpf_attr attr;
	int group, prog;

	if (!say(SAY_SH,
		"bpftool cgroup attach %s cgroup_device $PROGRAM multi",
		say_word(dir)))
		return;
	start(&p);
	for (unsigned i = 0; i < d->n; i++)
		rule(&p, &d->except[i], !d->allows);
	finish(&p, d->allows);
	group = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	prog = load_program(&p);
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)group;
	attr.attach_bpf_fd = (uint32_t)prog;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (group < 0 || prog < 0 || bpf(BPF_PROG_ATTACH, &attr) < 0) {
		if (errno == EPERM)
			die_hint("only root of the host may: put cg-device "
				 "before ns-spawn",
			    "%s", said());
		if (errno == EINVAL || errno == ENOSYS)
			die_hint(
			    "the kernel needs CONFIG_CGROUP_BPF", "%s", said());
		die_said();
	}
	close(prog);
	close(group);
}
