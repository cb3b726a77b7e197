// SPDX-License-Identifier: MIT
/* fortify - the end of a program whose buffer would overflow */
#include "base/fortify.h"

#include <stdarg.h>
#include <stdlib.h>

void
fortify_fail(void)
{
	static const char line[] = "*** buffer overflow detected ***\n";

	/* Nothing can be done about a failure. */
	if (write(2, line, sizeof(line) - 1) < 0)
		abort();
	abort();
}

int
fortify_sprintf(char *to, size_t room, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = (vsnprintf)(to, room < INT_MAX ? room : INT_MAX, fmt, ap);
	va_end(ap);
	if (n >= 0)
		fortify((size_t)n + 1, room);
	return n;
}
