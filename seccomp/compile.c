// SPDX-License-Identifier: MIT
/*
 * compile - makes the table of lib/payload/seccomp.c of a profile, when
 * boxtools is built
 *
 * libseccomp has the number of a call on each architecture.  compile writes the
 * code itself, because libseccomp's code has no ranges of numbers, no
 * comparison of an argument's low half that may also fail, and no verdict that
 * waits for the start.
 */
#include "archs.h"
#include "payload/bpf.h"
#include "payload/seccomp.h"

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>

#define ERRNO(e) (SECCOMP_RET_ERRNO | (e))

static const struct {
	const char *name;
	uint32_t num;
} errors[] = {
    {"EPERM", EPERM},
    {"EACCES", EACCES},
    {"ENOSYS", ENOSYS},
    {"ENOMEM", ENOMEM},
    {"EAFNOSUPPORT", EAFNOSUPPORT},
    {"EOPNOTSUPP", EOPNOTSUPP},
    {"ENOPROTOOPT", ENOPROTOOPT},
    {"EPROTONOSUPPORT", EPROTONOSUPPORT},
    {"ESOCKTNOSUPPORT", ESOCKTNOSUPPORT},
};

/* An argument, masked, has one of N values. */
struct condition {
	unsigned arg, n;
	uint32_t mask, value[8];
};

/* One line for one call: N conditions, all of which must hold. */
struct rule {
	uint32_t ret;
	unsigned n;
	struct condition cond[3];
};

struct call {
	char name[32];
	uint32_t num; /* the profile's number, or 0 */
	struct rule rule[12];
	unsigned n;
};

static struct call calls[600];
static unsigned n_calls;
static uint32_t unknown = UINT32_MAX, unknown_ret;
static const char *file;
static unsigned line;

__attribute__((noreturn)) static void
bad(const char *what, const char *word)
{
	errx(1, "%s:%u: %s '%s'", file, line, what, word ? word : "");
}

static uint32_t
number(const char *s)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = s ? strtoul(s, &end, 0) : 0;
	if (!s || end == s || *end || errno || v > UINT32_MAX)
		bad("not a number:", s);
	return (uint32_t)v;
}

static uint32_t
error_num(const char *word)
{
	for (size_t i = 0; i < COUNT(errors); i++)
		if (strcmp(errors[i].name, word) == 0)
			return errors[i].num;
	bad("no such verdict:", word);
}

static uint32_t
verdict(char *word)
{
	char *error = strchr(word, ':'), name[64];
	cap_value_t cap;

	if (strcmp(word, "allow") == 0)
		return SECCOMP_RET_ALLOW;
	if (error)
		*error++ = '\0';
	snprintf(name, sizeof(name), "cap_%s", word);
	if (cap_from_name(name, &cap) == 0)
		return SECCOMP_CAP(cap, error ? error_num(error) : EPERM);
	return ERRNO(error_num(word));
}

/* The text after "if" or "and", up to the next "and". */
static void
condition(struct rule *r)
{
	struct condition *c = &r->cond[r->n];
	char *word = strtok(NULL, " ");

	if (r->n++ == COUNT(r->cond))
		bad("too many conditions, at", word);
	if (!word || strncmp(word, "arg", 3) != 0)
		bad("not an argument:", word);
	c->arg = number(word + 3);
	c->mask = UINT32_MAX;
	word = strtok(NULL, " ");
	if (word && strcmp(word, "&") == 0) {
		c->mask = number(strtok(NULL, " "));
		word = strtok(NULL, " ");
	}
	if (c->arg > 5 || !word || strcmp(word, "=") != 0)
		bad("not a condition, at", word);
	while ((word = strtok(NULL, " ")) && strcmp(word, "and") != 0) {
		if (c->n == COUNT(c->value))
			bad("too many values, at", word);
		c->value[c->n++] = number(word);
	}
	if (c->n == 0)
		bad("no value", NULL);
	if (word)
		condition(r);
}

static struct call *
call(char *name)
{
	char *num = strchr(name, '=');
	struct call *c = calls;

	if (num)
		*num++ = '\0';
	while (c->name[0] && strcmp(c->name, name) != 0)
		c++;
	if (c->name[0])
		return c;
	if (++n_calls == COUNT(calls) || strlen(name) >= sizeof(c->name))
		bad("too much:", name);
	strcpy(c->name, name);
	c->num = num ? number(num) : 0;
	if (!num && seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR)
		bad("no such call:", name);
	return c;
}

static void
add(struct call *c, const struct rule *r)
{
	if (c->n == COUNT(c->rule) || (c->n && c->rule[c->n - 1].n == 0))
		bad("an earlier line is final for", c->name);
	c->rule[c->n++] = *r;
}

static void
parse_line(char *text)
{
	struct call *named[32];
	struct rule r = {0};
	unsigned n = 0;
	char *word;

	text[strcspn(text, "#\n")] = '\0';
	if (!(word = strtok(text, " ")))
		return;
	r.ret = verdict(word);
	while ((word = strtok(NULL, " ")) && strcmp(word, "if") != 0) {
		if (strcmp(word, "from") == 0) {
			unknown = number(strtok(NULL, " "));
			unknown_ret = r.ret;
			return;
		}
		if (n == COUNT(named))
			bad("too many on one line, at", word);
		named[n++] = call(word);
	}
	if (word)
		condition(&r);
	for (unsigned i = 0; i < n; i++)
		add(named[i], &r);
}

static void
parse(void)
{
	FILE *f = fopen(file, "r");
	char text[256];

	if (!f)
		err(1, "%s", file);
	for (line = 1; fgets(text, sizeof(text), f); line++) {
		if (!strchr(text, '\n'))
			bad("line too long:", text);
		parse_line(text);
	}
	if (ferror(f))
		err(1, "%s", file);
	fclose(f);
}

static struct bpf_range ranges[2 * COUNT(calls)];
static struct bpf code;

static unsigned
put_range(unsigned n, uint32_t first, uint32_t ret, const struct call *c)
{
	/* A call without a condition is only a verdict, which its neighbours
	 * may share. */
	if (c && c->rule[0].n == 0) {
		ret = c->rule[0].ret;
		c = NULL;
	}
	return bpf_put(ranges, n, (struct bpf_range){first, ret, c});
}

/* The numbers between known ones, from FIRST on. */
static unsigned
put_gap(unsigned n, uint32_t first, uint32_t end)
{
	if (first < end && first < unknown)
		n = put_range(n, first, ERRNO(EPERM), NULL);
	if (end > unknown)
		n = put_range(
		    n, first > unknown ? first : unknown, unknown_ret, NULL);
	return n;
}

/* The call with this number, NULL if the profile does not name it.  A search by
 * name would find that i386 has no socket, only socketcall.  The number of
 * i386's old mmap stands without its name: no condition on mmap holds there. */
static const struct call *
numbered(uint32_t abi, uint32_t num)
{
	const bool old_mmap = abi == SCMP_ARCH_X86 && num == 90;
	char *name =
	    old_mmap ? NULL : seccomp_syscall_resolve_num_arch(abi, (int)num);
	const struct call *c = calls;

	while (c->name[0] &&
	       (name ? strcmp(c->name, name) != 0 : c->num != num || num == 0))
		c++;
	free(name);
	return c->name[0] ? c : NULL;
}

static unsigned
make_ranges(uint32_t abi)
{
	const struct call *c;
	uint32_t next = 0;
	unsigned n = 0;

	for (uint32_t num = 0; num < ARM_PRIVATE + 16; num++) {
		if (num == MAX_NUM)
			num = ARM_PRIVATE;
		if (!(c = numbered(abi, num)))
			continue;
		n = put_gap(n, next, num);
		n = put_range(n, num, 0, c);
		next = num + 1;
	}
	return put_gap(n, next, UINT32_MAX);
}

/* A match goes on behind the comparisons that are left, a mismatch of the last
 * one behind the TAIL that would follow a match. */
static void
emit_condition(struct bpf *b, const struct condition *c, unsigned tail)
{
	bpf_load(b, bpf_low(c->arg));
	bpf_emit(b, BPF_ALU | BPF_AND | BPF_K, c->mask, 0, 0);
	for (unsigned i = 0; i < c->n; i++)
		bpf_emit(b, BPF_JMP | BPF_JEQ | BPF_K, c->value[i],
		    c->n - 1 - i, i == c->n - 1 ? tail : 0);
}

static void
emit_call(struct bpf *b, const void *call)
{
	const struct call *c = call;

	for (const struct rule *r = c->rule; r < c->rule + c->n; r++) {
		unsigned tail = 1;

		for (unsigned i = 0; i < r->n; i++)
			tail += 2 + r->cond[i].n;
		for (unsigned i = 0; i < r->n; i++) {
			tail -= 2 + r->cond[i].n;
			emit_condition(b, &r->cond[i], tail);
		}
		bpf_emit(b, BPF_RET | BPF_K, r->ret, 0, 0);
		if (r->n == 0)
			return;
	}
	bpf_emit(b, BPF_RET | BPF_K, ERRNO(EPERM), 0, 0);
}

static void
compile(const uint32_t abi[2])
{
	code.n = 0;
	for (unsigned i = 0; i < 2 && abi[i]; i++)
		bpf_abi(&code, abi[i], ranges, make_ranges(abi[i]), emit_call);
	bpf_emit(&code, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	if (code.full)
		errx(1, "%s: more than %d instructions", file, BPF_MAXINSNS);
}

static void
write_c(void)
{
	printf("/* Made by seccomp/compile of %s. */\n", file);
	for (size_t i = 0; i < COUNT(archs); i++) {
		compile(archs[i].abi);
		printf("#%s defined(__%s__)\n"
		       "static const struct sock_filter table[] = {\n",
		    i ? "elif" : "if", archs[i].name);
		for (unsigned j = 0; j < code.n; j++)
			printf("\t{0x%02x, %u, %u, 0x%08x},\n",
			    code.code[j].code, code.code[j].jt, code.code[j].jf,
			    code.code[j].k);
		printf("};\n");
	}
	printf("#else\n#error \"a row of archs[] in seccomp/compile.c\"\n"
	       "#endif\n");
}

static void
write_raw(const char *arch)
{
	for (size_t i = 0; i < COUNT(archs); i++)
		if (strcmp(archs[i].name, arch) == 0) {
			compile(archs[i].abi);
			fwrite(code.code, sizeof(*code.code), code.n, stdout);
			return;
		}
	errx(1, "-r: no architecture '%s'", arch);
}

int
main(int argc, char *argv[])
{
	const bool raw = argc == 4 && strcmp(argv[1], "-r") == 0;

	if (argc != 2 && !raw)
		errx(1, "usage: compile PROFILE, or compile -r ARCH PROFILE");
	file = argv[argc - 1];
	parse();
	if (raw)
		write_raw(argv[2]);
	else
		write_c();
	if (fflush(stdout) != 0 || ferror(stdout))
		err(1, "stdout");
}
