// SPDX-License-Identifier: MIT
/* die - errors that end a tool, and the line that says how to mend them */
#include "die.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
hint(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: hint: ", program_invocation_short_name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void
die_hint(const char *hint_text, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (errno)
		vwarn(fmt, ap);
	else
		vwarnx(fmt, ap);
	va_end(ap);
	hint("%s", hint_text);
	exit(EXIT_TOOL);
}
