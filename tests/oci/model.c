// SPDX-License-Identifier: MIT
/*
 * model - linux.seccomp of a config.json, by oci/filter.c and by libseccomp
 *
 *	model CONFIG [FILTER]
 *
 * Both filters are run, by an interpreter of this program's own, on each number
 *of each machine type with arguments near those that the profile names.  Each
 *point where they differ is printed, and the status is 1.  FILTER gets our
 *filter.
 *
 * On i386's calls for many (socketcall, ipc) ours must only allow no more:
 *their arguments but the first are in memory, which libseccomp compares all the
 *same.
 */
#include "base/die.h"
#include "oci/filter.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TUPLES 120
#define MOST_CALL 483

static const struct {
	const char *name;
	uint32_t action;
	bool errnos;
} actions[] = {
    {"SCMP_ACT_KILL", SCMP_ACT_KILL, false},
    {"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD, false},
    {"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS, false},
    {"SCMP_ACT_TRAP", SCMP_ACT_TRAP, false},
    {"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0), true},
    {"SCMP_ACT_TRACE", SCMP_ACT_TRACE(0), true},
    {"SCMP_ACT_LOG", SCMP_ACT_LOG, false},
    {"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW, false},
};

static uint64_t values[10000];
static unsigned n_values;

static void
value(uint64_t v)
{
	const uint64_t near[] = {v, v - 1, v + 1, v | 1ull << 32, ~v, v << 32,
	    v & 0xffffffff, v & 0xffff};

	for (size_t i = 0; i < sizeof(near) / sizeof(*near); i++)
		if (n_values < sizeof(values) / sizeof(*values))
			values[n_values++] = near[i];
}

static uint32_t
action(struct json j, const char *member, const char *error)
{
	const char *word = json_need_text(j, member);

	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (strcmp(actions[i].name, word) == 0)
			return actions[i].action |
			       (actions[i].errnos
				       ? (uint32_t)json_u64(
					     json_get(j, error), 65535, EPERM)
				       : 0);
	diex("model: action %s", word);
}

static struct scmp_arg_cmp
comparison(struct json j)
{
	static const char *const ops[] = {
	    "", "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"};
	const char *word = json_need_text(j, "op") + strlen("SCMP_CMP_");
	struct scmp_arg_cmp c = {
	    .arg = (unsigned)json_u64(json_get(j, "index"), 5, 0),
	    .datum_a = json_u64(json_get(j, "value"), UINT64_MAX, 0),
	    .datum_b = json_u64(json_get(j, "valueTwo"), UINT64_MAX, 0),
	};

	for (unsigned i = 1; i < 8; i++)
		if (strcmp(ops[i], word) == 0)
			c.op = (enum scmp_compare)i;
	value(c.datum_a);
	value(c.datum_b);
	return c;
}

static void
rule(scmp_filter_ctx s, uint32_t ret, int num, unsigned n,
    const struct scmp_arg_cmp *c)
{
	const int err = seccomp_rule_add_array(s, ret, num, n, c);

	if (err && err != -EEXIST) {
		errno = -err;
		die("model: rule for %d", num);
	}
}

/* As runc has it. */
static void
group(scmp_filter_ctx s, struct json j, uint32_t otherwise)
{
	const struct json args = json_get(j, "args"), w = json_get(j, "names");
	const uint32_t ret = action(j, "action", "errnoRet");
	const unsigned n = (unsigned)json_count(args);
	struct scmp_arg_cmp c[20];
	unsigned used[6] = {0};
	bool apart = false;

	for (unsigned i = 0; i < n; i++) {
		c[i] = comparison(json_at(args, i));
		apart |= used[c[i].arg]++ > 0;
	}
	for (size_t i = 0; i < json_count(w) && ret != otherwise; i++) {
		const int num =
		    seccomp_syscall_resolve_name(json_text(json_at(w, i), ""));

		if (num == __NR_SCMP_ERROR)
			continue;
		for (unsigned k = 0; apart && k < n; k++)
			rule(s, ret, num, 1, &c[k]);
		if (!apart)
			rule(s, ret, num, n, c);
	}
}

static void
compile(struct json j, struct bpf *b)
{
	const uint32_t otherwise =
	    action(j, "defaultAction", "defaultErrnoRet");
	const struct json archs = json_get(j, "architectures"),
			  groups = json_get(j, "syscalls");
	scmp_filter_ctx s = seccomp_init(otherwise);
	const int fd = memfd_create("model", 0);
	ssize_t n;

	seccomp_attr_set(s, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (size_t i = 0; i < json_count(archs); i++)
		if (strcmp(json_text(json_at(archs, i), ""), "SCMP_ARCH_X86") ==
		    0)
			seccomp_arch_add(s, SCMP_ARCH_X86);
	for (size_t i = 0; i < json_count(groups); i++)
		group(s, json_at(groups, i), otherwise);
	if (seccomp_export_bpf(s, fd) < 0)
		diex("model: export");
	n = pread(fd, b->code, sizeof(b->code), 0);
	b->n = (unsigned)((size_t)n / sizeof(*b->code));
	close(fd);
	seccomp_release(s);
}

static uint32_t
run(const struct bpf *b, const struct seccomp_data *d)
{
	uint32_t acc = 0;

	for (unsigned i = 0; i < b->n; i++) {
		const struct sock_filter *f = &b->code[i];
		bool yes = false;

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&acc, (const char *)d + f->k, sizeof(acc));
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			acc &= f->k;
			continue;
		case BPF_JMP | BPF_JA:
			i += f->k;
			continue;
		case BPF_RET | BPF_K:
			return f->k;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = acc == f->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = acc > f->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = acc >= f->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = acc & f->k;
			break;
		default:
			diex("model: instruction %#x", f->code);
		}
		i += yes ? f->jt : f->jf;
	}
	diex("model: no verdict");
}

static uint64_t
random_value(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return values[(state >> 33) % n_values];
}

static bool
holds(const struct scmp_arg_cmp *c, const struct seccomp_data *d)
{
	const uint64_t all =
			   d->arch == AUDIT_ARCH_I386 ? UINT32_MAX : UINT64_MAX,
		       v = d->args[c->arg] & all, w = c->datum_a & all;

	switch (c->op) {
	case SCMP_CMP_NE:
		return v != w;
	case SCMP_CMP_LT:
		return v < w;
	case SCMP_CMP_LE:
		return v <= w;
	case SCMP_CMP_EQ:
		return v == w;
	case SCMP_CMP_GE:
		return v >= w;
	case SCMP_CMP_GT:
		return v > w;
	default:
		return (v & w) == (c->datum_b & w);
	}
}

/* Whether the group J, which names the call, has the point. */
static bool
has(struct json j, const struct seccomp_data *d)
{
	const struct json args = json_get(j, "args");
	const unsigned n = (unsigned)json_count(args);
	unsigned used[6] = {0}, n_hold = 0;
	bool apart = false;

	for (unsigned i = 0; i < n; i++) {
		const struct scmp_arg_cmp c = comparison(json_at(args, i));

		apart |= used[c.arg]++ > 0;
		n_hold += holds(&c, d);
	}
	return apart ? n_hold > 0 : n_hold == n;
}

/* What the profile says of a point, read as a person would. */
static uint32_t
reading(struct json j, const struct seccomp_data *d)
{
	const uint32_t otherwise =
	    action(j, "defaultAction", "defaultErrnoRet");
	const struct json groups = json_get(j, "syscalls");
	const char *name = seccomp_syscall_resolve_num_arch(d->arch, d->nr);

	for (size_t i = 0; name && i < json_count(groups); i++) {
		const struct json g = json_at(groups, i);
		const struct json w = json_get(g, "names");

		for (size_t k = 0; k < json_count(w); k++)
			if (strcmp(json_text(json_at(w, k), ""), name) == 0 &&
			    has(g, d))
				return action(g, "action", "errnoRet");
	}
	return otherwise;
}

/* libseccomp's numbers of actions are the kernel's. */
static unsigned unlike;

static bool
differ(struct json j, const struct bpf *ours, const struct bpf *model,
    struct seccomp_data *d)
{
	const bool many =
	    d->arch == AUDIT_ARCH_I386 && (d->nr == 102 || d->nr == 117);
	uint32_t a, b;

	if (many)
		d->args[0] &= 0x1f;
	a = run(ours, d);
	b = run(model, d);
	if (a == b ||
	    (many && (int32_t)(a & 0xffff0000) <= (int32_t)(b & 0xffff0000)))
		return false;
	if (!many && a == reading(j, d)) {
		unlike++;
		return false;
	}
	printf("%#x %d %#jx %#jx %#jx: ours %#x, libseccomp's %#x\n", d->arch,
	    d->nr, (uintmax_t)d->args[0], (uintmax_t)d->args[1],
	    (uintmax_t)d->args[2], a, b);
	return true;
}

/* x32's calls, which are x86-64's by another number, are never allowed. */
static bool
allows_x32(const struct bpf *ours, int nr)
{
	const struct seccomp_data d = {
	    .nr = nr | 1 << 30, .arch = AUDIT_ARCH_X86_64};
	const uint32_t ret = run(ours, &d);

	if (ret < SECCOMP_RET_LOG || ret & 0x80000000)
		return false;
	printf("x32 %d: ours %#x\n", nr, ret);
	return true;
}

int
main(int argc, char *argv[])
{
	static const uint32_t archs[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386};
	static struct bpf ours, model;
	unsigned points = 0, bad = 0;
	struct json j;
	int fd;

	if (argc < 2)
		diex("usage: model CONFIG [FILTER]");
	j = json_get(json_file(AT_FDCWD, argv[1]), "linux.seccomp");
	filter_compile(&ours, j);
	if (argc > 2) {
		fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (write(fd, ours.code, ours.n * sizeof(*ours.code)) < 0)
			die("%s", argv[2]);
	}
	value(0);
	compile(j, &model);
	for (size_t i = 0; i < sizeof(archs) / sizeof(*archs); i++)
		for (int nr = 0; nr < MOST_CALL; nr++)
			for (unsigned t = 0; t < TUPLES; t++, points++) {
				struct seccomp_data d = {
				    .nr = nr, .arch = archs[i]};

				for (unsigned a = 0; a < 6; a++)
					d.args[a] = random_value();
				bad += differ(j, &ours, &model, &d);
			}
	for (int nr = 0; nr < MOST_CALL; nr++)
		bad += allows_x32(&ours, nr);
	printf("%u of %u differ, %u of libseccomp's; %u and %u instructions\n",
	    bad, points, unlike, ours.n, model.n);
	return bad > 0;
}
