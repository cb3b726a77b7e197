// SPDX-License-Identifier: MIT
/*
 * filter - linux.seccomp of config.json, compiled
 *
 * libseccomp, as other runtimes use it, needs some 20 ms for an engine's
 * default profile: more than all the rest of a start.  A sorted table of names
 * and a tree of ranges need a quarter of one.  The meaning is libseccomp's: a
 * rule without a condition wins over those that have some; a rule with the
 * default's action is none; a 32-bit machine type compares the low half of an
 * argument.
 *
 * Where libseccomp lets the profile's order, or its own, decide, the stricter
 * rule wins here: the kernel does the same with several filters.  x32's calls
 * are never allowed.
 */
#include "oci/filter.h"
#include "base/die.h"
#include "base/file.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>

/* A call's number for each of abis[], or -1; and which of i386's socketcall (>
 * 0) or ipc (< 0) does the same. */
struct name {
	const char *name;
	int num[2], many;
};

#include "../seccomp/names.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define ERRNO(e) (SECCOMP_RET_ERRNO | (e))
#define MOST_ERRNO 4095 /* the kernel's */
#define MOST_ARGS 6
#define X32 0x40000000u /* the first of x32's numbers */

/* i386's calls for many. */
#define SOCKETCALL 102
#define IPC 117

enum op { EQ, NE, LT, LE, GE, GT, MASKED_EQ };

static const char *const ops[] = {
    [EQ] = "SCMP_CMP_EQ",
    [NE] = "SCMP_CMP_NE",
    [LT] = "SCMP_CMP_LT",
    [LE] = "SCMP_CMP_LE",
    [GE] = "SCMP_CMP_GE",
    [GT] = "SCMP_CMP_GT",
    [MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
};

static const struct {
	const char *name;
	uint32_t ret;
} actions[] = {
    {"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
    {"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
    {"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
    {"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
    {"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO},
    {"SCMP_ACT_TRACE", SECCOMP_RET_TRACE},
    {"SCMP_ACT_LOG", SECCOMP_RET_LOG},
    {"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW},
};

/* The machine types that a profile may name.  Those of other machines make no
 * difference here. */
static const struct {
	const char *name;
	uint32_t abi;
} types[] = {
    {"SCMP_ARCH_X86", AUDIT_ARCH_I386},
    {"SCMP_ARCH_X86_64", AUDIT_ARCH_X86_64},
    {"SCMP_ARCH_ARM", AUDIT_ARCH_ARM},
    {"SCMP_ARCH_AARCH64", AUDIT_ARCH_AARCH64},
    {"SCMP_ARCH_X32", 0},
    {"SCMP_ARCH_LOONGARCH64", 0},
    {"SCMP_ARCH_M68K", 0},
    {"SCMP_ARCH_MIPS", 0},
    {"SCMP_ARCH_MIPS64", 0},
    {"SCMP_ARCH_MIPS64N32", 0},
    {"SCMP_ARCH_MIPSEL", 0},
    {"SCMP_ARCH_MIPSEL64", 0},
    {"SCMP_ARCH_MIPSEL64N32", 0},
    {"SCMP_ARCH_PARISC", 0},
    {"SCMP_ARCH_PARISC64", 0},
    {"SCMP_ARCH_PPC", 0},
    {"SCMP_ARCH_PPC64", 0},
    {"SCMP_ARCH_PPC64LE", 0},
    {"SCMP_ARCH_RISCV64", 0},
    {"SCMP_ARCH_S390", 0},
    {"SCMP_ARCH_S390X", 0},
    {"SCMP_ARCH_SH", 0},
    {"SCMP_ARCH_SHEB", 0},
};

struct condition {
	unsigned arg;
	enum op op;
	uint64_t value, mask;
};

/* One rule for the call NUM of abis[ABI]: all N conditions must hold. */
struct rule {
	unsigned abi, num, order, n;
	uint32_t ret, otherwise;
	struct condition cond[MOST_ARGS];
};

struct profile {
	uint32_t ret; /* the default's */
	struct rule *rule;
	unsigned n, room;
};

/* How much a verdict allows: the kernel's own order of them. */
static int32_t
freedom(uint32_t ret)
{
	return (int32_t)(ret & SECCOMP_RET_ACTION_FULL);
}

/* The verdict of the members ACTION and ERROR. */
static uint32_t
verdict(struct json j, const char *action, const char *error)
{
	const char *word = json_need_text(j, action);
	const struct json value = json_get(j, error);
	uint32_t ret = 0;
	size_t i = 0;

	while (i < COUNT(actions) && strcmp(actions[i].name, word) != 0)
		i++;
	if (i == COUNT(actions))
		json_die(json_get(j, action), "%s is not supported", word);
	ret = actions[i].ret;
	if (ret != SECCOMP_RET_ERRNO && ret != SECCOMP_RET_TRACE) {
		if (json_there(value))
			json_die(value, "%s has no number", word);
		return ret;
	}
	return ret |
	       (uint32_t)json_u64(value,
		   ret == SECCOMP_RET_ERRNO ? MOST_ERRNO : SECCOMP_RET_DATA,
		   EPERM);
}

static struct condition
condition(struct json j)
{
	const uint64_t value = json_need_u64(j, "value", UINT64_MAX);
	const char *word = json_need_text(j, "op");
	struct condition c = {.value = value};

	c.arg = (unsigned)json_need_u64(j, "index", MOST_ARGS - 1);
	while (c.op < COUNT(ops) && strcmp(ops[c.op], word) != 0)
		c.op++;
	if (c.op == COUNT(ops))
		json_die(json_get(j, "op"), "'%s' is not known", word);
	if (c.op == MASKED_EQ) {
		c.mask = value;
		c.value = json_u64(json_get(j, "valueTwo"), UINT64_MAX, 0);
		c.value &= c.mask;
	}
	return c;
}

static void
add(struct profile *p, const struct rule *r)
{
	if (p->n == p->room) {
		p->room = p->room ? 2 * p->room : 1024;
		p->rule = reallocarray(p->rule, p->room, sizeof(*r));
		if (!p->rule)
			die("memory");
	}
	p->rule[p->n] = *r;
	p->rule[p->n].otherwise = p->ret;
	p->rule[p->n].order = p->n;
	p->n++;
}

/* The rule R of a call that i386's call NUM does, too, if its first argument is
 * VALUE.  The other arguments are in the program's memory: of a rule with
 * conditions only a refusal goes on to hold, for all. */
static void
add_many(struct profile *p, struct rule r, unsigned num, int value)
{
	if (r.n && freedom(r.ret) > freedom(p->ret))
		return;
	r.num = num;
	r.n = 1;
	/* The high half of ipc's is a version. */
	r.cond[0] = (struct condition){0, MASKED_EQ, (uint64_t)value, 0xffff};
	add(p, &r);
}

static int
compare_names(const void *word, const void *name)
{
	return strcmp(word, ((const struct name *)name)->name);
}

static void
add_call(struct profile *p, const char *word, struct rule r)
{
	const struct name *name =
	    bsearch(word, names, COUNT(names), sizeof(*names), compare_names);

	for (r.abi = 0; name && r.abi < 2; r.abi++) {
		r.num = (unsigned)name->num[r.abi];
		if (name->num[r.abi] >= 0)
			add(p, &r);
		if (abis[r.abi] == AUDIT_ARCH_I386 && name->many > 0)
			add_many(p, r, SOCKETCALL, name->many);
		if (abis[r.abi] == AUDIT_ARCH_I386 && name->many < 0)
			add_many(p, r, IPC, -name->many);
	}
}

/* A group of linux.seccomp.syscalls.  All conditions must hold, but of those of
 * which some are for one argument each is a rule of its own. */
static void
add_group(struct profile *p, struct json j)
{
	const struct json args = json_get(j, "args"),
			  words = json_get(j, "names");
	const size_t n = json_count(args);
	struct rule r = {.ret = verdict(j, "action", "errnoRet")};
	struct condition *cond = calloc(n + 1, sizeof(*cond));
	unsigned used = 0;
	bool apart = false;

	if (!cond)
		die("memory");
	for (size_t i = 0; i < n; i++) {
		cond[i] = condition(json_at(args, i));
		apart |= used >> cond[i].arg & 1;
		used |= 1u << cond[i].arg;
	}
	if (json_count(words) == 0)
		json_die(words, "missing");
	for (size_t i = 0; i < json_count(words) && r.ret != p->ret; i++) {
		const char *word = json_text(json_at(words, i), "");

		for (size_t c = 0; apart && c < n; c++) {
			r.n = 1;
			r.cond[0] = cond[c];
			add_call(p, word, r);
		}
		if (!apart) {
			r.n = (unsigned)n;
			memcpy(r.cond, cond, n * sizeof(*cond));
			add_call(p, word, r);
		}
	}
	free(cond);
}

/* By machine type and number; of one call's rules those without a condition
 * come first, in the profile's order, then the others, the strictest first. */
static int
compare_rules(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;

	if (x->abi != y->abi)
		return x->abi < y->abi ? -1 : 1;
	if (x->num != y->num)
		return x->num < y->num ? -1 : 1;
	if (!x->n != !y->n)
		return x->n ? 1 : -1;
	if (x->n && freedom(x->ret) != freedom(y->ret))
		return freedom(x->ret) < freedom(y->ret) ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* A jump to the end of the rule, where no condition holds. */
#define MISS 255

static void
jump(struct bpf *b, unsigned op, uint64_t value, unsigned jt, unsigned jf)
{
	bpf_emit(b, BPF_JMP | op | BPF_K, (uint32_t)value, jt, jf);
}

/* Each goes on behind its end if the condition holds. */
static void
emit_low(struct bpf *b, const struct condition *c)
{
	bpf_load(b, bpf_low(c->arg));
	if (c->op == MASKED_EQ)
		bpf_emit(b, BPF_ALU | BPF_AND | BPF_K, (uint32_t)c->mask, 0, 0);
	switch (c->op) {
	case EQ:
	case MASKED_EQ:
		jump(b, BPF_JEQ, c->value, 0, MISS);
		break;
	case NE:
		jump(b, BPF_JEQ, c->value, MISS, 0);
		break;
	case GT:
		jump(b, BPF_JGT, c->value, 0, MISS);
		break;
	case GE:
		jump(b, BPF_JGE, c->value, 0, MISS);
		break;
	case LE:
		jump(b, BPF_JGT, c->value, MISS, 0);
		break;
	case LT:
		jump(b, BPF_JGE, c->value, MISS, 0);
		break;
	}
}

static void
emit_condition(struct bpf *b, const struct condition *c)
{
	const uint64_t high = c->value >> 32;

	bpf_load(b, bpf_high(c->arg));
	switch (c->op) {
	case MASKED_EQ:
		bpf_emit(b, BPF_ALU | BPF_AND | BPF_K,
		    (uint32_t)(c->mask >> 32), 0, 0);
		/* fall through */
	case EQ:
		jump(b, BPF_JEQ, high, 0, MISS);
		break;
	case NE:
		jump(b, BPF_JEQ, high, 0, 2);
		break;
	case GT:
	case GE:
		jump(b, BPF_JGT, high, 3, 0);
		jump(b, BPF_JEQ, high, 0, MISS);
		break;
	case LE:
	case LT:
		jump(b, BPF_JGT, high, MISS, 0);
		jump(b, BPF_JEQ, high, 0, 2);
		break;
	}
	emit_low(b, c);
}

static void
emit_rule(struct bpf *b, const struct rule *r)
{
	const bool wide = abis[r->abi] == AUDIT_ARCH_X86_64 ||
			  abis[r->abi] == AUDIT_ARCH_AARCH64;
	const unsigned from = b->n;

	for (unsigned i = 0; i < r->n; i++)
		(wide ? emit_condition : emit_low)(b, &r->cond[i]);
	bpf_emit(b, BPF_RET | BPF_K, r->ret, 0, 0);
	for (unsigned i = from; i < b->n; i++) {
		const unsigned end = b->n - i - 1;

		if (b->code[i].jt == MISS)
			b->code[i].jt = (uint8_t)end;
		if (b->code[i].jf == MISS)
			b->code[i].jf = (uint8_t)end;
	}
}

static bool
same_call(const struct rule *x, const struct rule *y)
{
	return x->abi == y->abi && x->num == y->num;
}

/* The rules of one call, all with conditions. */
static void
emit_call(struct bpf *b, const void *call)
{
	const struct rule *first = call, *r = first;

	for (; same_call(r, first); r++)
		emit_rule(b, r);
	bpf_emit(b, BPF_RET | BPF_K, first->otherwise, 0, 0);
}

/* Where x32's numbers begin, a default that allows does so no more. */
static uint32_t
x32_verdict(uint32_t ret)
{
	return freedom(ret) < freedom(SECCOMP_RET_LOG) ? ret : ERRNO(ENOSYS);
}

/* The ranges of abis[ABI], from the sorted rules. */
static unsigned
make_ranges(const struct profile *p, unsigned abi, struct bpf_range *ranges)
{
	unsigned n = 0, next = 0;

	for (const struct rule *r = p->rule; r->abi <= abi; r++) {
		if (r->abi < abi || (r > p->rule && same_call(r, r - 1)))
			continue;
		if (r->num > next)
			n = bpf_put(
			    ranges, n, (struct bpf_range){next, p->ret, NULL});
		n = bpf_put(ranges, n,
		    (struct bpf_range){r->num, r->ret, r->n ? r : NULL});
		next = r->num + 1;
	}
	n = bpf_put(ranges, n, (struct bpf_range){next, p->ret, NULL});
	if (abis[abi] == AUDIT_ARCH_X86_64)
		n = bpf_put(ranges, n,
		    (struct bpf_range){X32, x32_verdict(p->ret), NULL});
	return n;
}

/* The set of 1 << index of abis[] that the profile names; the machine's own
 * always. */
static unsigned
machine_types(struct json list)
{
	unsigned set = 1;

	for (size_t i = 0; i < json_count(list); i++) {
		const struct json j = json_at(list, i);
		const char *word = json_text(j, "");
		size_t t = 0;

		while (t < COUNT(types) && strcmp(types[t].name, word) != 0)
			t++;
		if (t == COUNT(types))
			json_die(j, "'%s' is not known", word);
		if (types[t].abi && types[t].abi == abis[1])
			set |= 2;
	}
	return set;
}

char *
filter_flags(struct json seccomp)
{
	static const char *const known[][2] = {
	    /* It is for other threads, and there are none. */
	    {"SECCOMP_FILTER_FLAG_TSYNC", ""},
	    {"SECCOMP_FILTER_FLAG_LOG", "log"},
	    {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", "spec-allow"},
	};
	const struct json list = json_get(seccomp, "flags");
	char *text;
	FILE *f = text_open(&text);

	for (size_t i = 0; i < json_count(list); i++) {
		const struct json j = json_at(list, i);
		const char *word = json_text(j, "");
		size_t k = 0;

		while (k < COUNT(known) && strcmp(known[k][0], word) != 0)
			k++;
		if (k == COUNT(known))
			json_die(j, "'%s' is not supported", word);
		if (*known[k][1])
			fprintf(
			    f, "%s%s", ftell(f) > 0 ? "," : "", known[k][1]);
	}
	text_close(f);
	return text;
}

static void
emit(struct bpf *b, const struct profile *p, unsigned set)
{
	struct bpf_range *ranges = calloc(2 * p->n + 2, sizeof(*ranges));

	if (!ranges)
		die("memory");
	for (unsigned abi = 0; abi < 2; abi++)
		if (set >> abi & 1)
			bpf_abi(b, abis[abi], ranges,
			    make_ranges(p, abi, ranges), emit_call);
	/* A machine type that the profile does not name. */
	bpf_emit(b, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	free(ranges);
}

void
filter_compile(struct bpf *b, struct json seccomp)
{
	const struct json groups = json_get(seccomp, "syscalls");
	struct profile p = {0};

	json_refuse(seccomp, "listenerPath", "not supported");
	json_refuse(seccomp, "listenerMetadata", "not supported");
	b->n = 0;
	b->full = false;
	p.ret = verdict(seccomp, "defaultAction", "defaultErrnoRet");
	for (size_t i = 0; i < json_count(groups); i++)
		add_group(&p, json_at(groups, i));
	if (p.n)
		qsort(p.rule, p.n, sizeof(*p.rule), compare_rules);
	/* The end of the list. */
	add(&p, &(struct rule){.abi = 2});
	emit(b, &p, machine_types(json_get(seccomp, "architectures")));
	if (b->full)
		json_die(seccomp, "more than %d instructions", BPF_MAXINSNS);
	free(p.rule);
}
