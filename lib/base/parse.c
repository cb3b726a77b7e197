// SPDX-License-Identifier: MIT
/* parse - words into numbers, in one place and with bounds */
#include "base/parse.h"
#include "base/die.h"
#include "base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits only: strtoull(3) would take blanks, signs and 0x. */
static bool
digits(const char **s, uint64_t *v)
{
	const char *start = *s;

	for (*v = 0; **s >= '0' && **s <= '9'; (*s)++)
		if (__builtin_mul_overflow(*v, 10, v) ||
		    __builtin_add_overflow(*v, (uint64_t)(**s - '0'), v))
			return false;
	return *s > start;
}

uint64_t
parse_num(const char *what, const char *s, uint64_t min, uint64_t max)
{
	const char *p = s;
	uint64_t v;

	if (!digits(&p, &v) || *p || v < min || v > max)
		diex("%s: '%s' is not a number from %ju to %ju", what, s,
		    (uintmax_t)min, (uintmax_t)max);
	return v;
}

uint64_t
parse_num_max(const char *what, const char *s, uint64_t min)
{
	if (strcmp(s, "max") == 0)
		return PARSE_MAX;
	return parse_num(what, s, min, INT32_MAX);
}

uint64_t
parse_size(const char *what, const char *s)
{
	static const char units[] = "kmgt";
	const char *p = s, *u;
	uint64_t v, part = 0, unit = 1;
	int shift = 0;

	if (strcmp(s, "max") == 0)
		return PARSE_MAX;
	if (!digits(&p, &v))
		goto bad;
	if (*p == '.' && !(p[1] >= '0' && p[1] <= '9'))
		goto bad;
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9' && unit < 1000000; p++) {
			unit *= 10;
			part = part * 10 + (uint64_t)(*p - '0');
		}
	if (*p || unit > 1) {
		u = strchr(units, *p | 0x20);
		if (!u || p[1] || p[-1] == '.')
			goto bad;
		shift = 10 * (int)(u - units + 1);
	}
	/* The kernel counts in signed 64 bits. */
	if (v + (part > 0) > (uint64_t)INT64_MAX >> shift)
		goto bad;
	return (v << shift) + (part << shift) / unit;
bad:
	diex("%s: '%s' is not a size such as 64m or 2g, or max", what, s);
}

uint64_t
parse_cpu(const char *what, const char *s)
{
	const char *p = s;
	uint64_t v, unit = 1000;

	if (strcmp(s, "max") == 0)
		return PARSE_MAX;
	if (!digits(&p, &v) || v > 1000000)
		goto bad;
	v *= unit;
	if (*p == '.')
		for (p++; unit > 1 && *p >= '0' && *p <= '9'; p++) {
			unit /= 10;
			v += (uint64_t)(*p - '0') * unit;
		}
	/* The kernel takes a quota of 1 ms or more and periods up to 1 s. */
	if (strcmp(p, "%") != 0 || v < 100)
		goto bad;
	return v;
bad:
	diex("%s: '%s' is not a share of CPU time such as 50%% (of one CPU) "
	     "or max; the least is 0.1%%",
	    what, s);
}

/* SIGRTMIN of programs with glibc, such as systemd; musl's is 35. */
#define REAL 34

int
parse_signal(const char *what, const char *s)
{
	static const char real[] = "RTMIN+";
	const char *name = strncmp(s, "SIG", 3) == 0 ? s + 3 : s, *p = name;
	uint64_t v;

	if (digits(&p, &v) && !*p && v > 0 && v < (uint64_t)_NSIG)
		return (int)v;
	for (int sig = 1; sig < _NSIG; sig++)
		if (sigabbrev_np(sig) && strcmp(name, sigabbrev_np(sig)) == 0)
			return sig;
	if (strncmp(name, real, strlen(real)) == 0) {
		p = name + strlen(real);
		if (digits(&p, &v) && !*p && v <= (uint64_t)(SIGRTMAX - REAL))
			return REAL + (int)v;
	}
	diex("%s: '%s' is not a signal such as TERM, SIGQUIT or 15", what, s);
}

int
parse_fd(const char *what, const char *s)
{
	int fd = (int)parse_num(what, s, 1, INT32_MAX);

	/* 1 and 2 are PROG's, too. */
	if (fcntl(fd, fd > 2 ? F_SETFD : F_GETFD, FD_CLOEXEC) < 0)
		die("%s: descriptor %d", what, fd);
	return fd;
}

const char *
parse_name(const char *what, const char *s, unsigned max)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

	if (n == 0 || s[n] || n > max || strchr("_.-", s[0]))
		diex("%s: '%s' is not a name: at most %u letters, digits, "
		     "'_', '-' and '.', the first a letter or digit",
		    what, s, max);
	return s;
}

const char *
env_or(const char *name, const char *def)
{
	const char *v = getenv(name);

	return v && *v ? v : def;
}

char *
parse_path(const char *what, const char *path)
{
	char *clean = text_fmt("%s", path), *end = clean;

	if (*path != '/')
		diex("%s: '%s' does not begin with /", what, path);
	while (*(path += strspn(path, "/"))) {
		const size_t len = strcspn(path, "/");

		if (len <= 2 && strspn(path, ".") == len)
			diex("%s: a part of a path is '.' or '..'", what);
		*end++ = '/';
		end = mempcpy(end, path, len);
		path += len;
	}
	*end = '\0';
	return clean;
}
