// SPDX-License-Identifier: MIT
/* die - errors that end a tool, and the line that says how to mend them */
#include "base/die.h"
#include "base/plain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static FILE *output;

FILE *
die_output(void)
{
	return output ? output : stderr;
}

void
die_output_to(int fd)
{
	if (output)
		fclose(output);
	output = NULL;
	if (fd < 0)
		return;
	output = fdopen(fd, "w");
	if (!output)
		die("fdopen %d", fd);
	setvbuf(output, NULL, _IOLBF, 0);
}

/* S for a terminal, malloc'ed: bytes that could control it are in octal. */
static char *
printable(const char *s)
{
	size_t left = strlen(s);
	char *text = malloc(left * 4 + 1), *end = text;

	for (int n; text && left > 0; s += n, left -= (size_t)n) {
		n = plain_char((const unsigned char *)s, left);
		if (n > 0) {
			end = mempcpy(end, s, (size_t)n);
			continue;
		}
		end += sprintf(end, "\\%03o", (unsigned char)*s);
		n = 1;
	}
	if (text)
		*end = '\0';
	return text;
}

/* In one write(2), as others write to the same stderr. */
void
warn_line(int err, const char *fmt, ...)
{
	char *raw, *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&raw, fmt, ap) < 0)
		raw = NULL;
	va_end(ap);
	text = printable(raw ? raw : fmt);
	fprintf(die_output(), "%s: %s%s%s\n", program_invocation_short_name,
	    text ? text : "out of memory", err ? ": " : "",
	    err ? strerror(err) : "");
	free(raw);
	free(text);
}

int
exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static void (*undos[8])(void);
static unsigned n_undos;

static void
undo_all(void)
{
	/* For the rest, if one of them dies. */
	if (n_undos > 1)
		atexit(undo_all);
	while (n_undos)
		undos[--n_undos]();
}

void
at_end(void (*undo)(void))
{
	if (n_undos == sizeof(undos) / sizeof(*undos) ||
	    (!n_undos && atexit(undo_all) != 0))
		diex("too much to undo");
	undos[n_undos++] = undo;
}

void
at_end_forget(void)
{
	n_undos = 0;
}
