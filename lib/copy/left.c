// SPDX-License-Identifier: MIT
/* left - devices and sockets, which are not copied */
#include "copy/left.h"
#include "base/die.h"

#include <limits.h>
#include <stdio.h>

static char first[2 * PATH_MAX];
static unsigned long count;

void
left_out(const char *path)
{
	if (count++ == 0)
		snprintf(first, sizeof(first), "%s", path);
}

void
left_say(void)
{
	if (count == 1)
		warnx("%s: a device or socket is not copied", first);
	if (count > 1)
		warnx("%s and %lu more: devices and sockets are not copied",
		    first, count - 1);
}
