// SPDX-License-Identifier: MIT
/*
 * title - the line of ps for a process that stays
 *
 * The kernel shows the memory in which it has put the words at the exec, one
 * behind the other.  Only a privileged process can name other memory
 * (PR_SET_MM), so the title takes the words' place there.
 */
#include "stage/title.h"
#include "base/file.h"
#include "base/parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static char *place;
static size_t size;

void
title_begin(char *argv[])
{
	char *slash;

	place = argv[0];
	/* The names in error lines: both pointed there. */
	program_invocation_name = text_fmt("%s", place);
	slash = strrchr(program_invocation_name, '/');
	program_invocation_short_name =
	    slash ? slash + 1 : program_invocation_name;
	do {
		size = (size_t)(strchr(*argv, '\0') + 1 - place);
		*argv = text_fmt("%s", *argv);
	} while (*++argv);
	title_name(env_or("BOX_NAME", NULL));
}

void
title_name(const char *name)
{
	int len;

	memset(place, '\0', size);
	len = snprintf(place, size, "%s%s%s", program_invocation_short_name,
	    name ? ": " : "", name ? name : "");
	/* Where the last byte is not NUL, the kernel shows one string only:
	 * else the zeros are shown, too. */
	if ((size_t)len + 1 < size)
		place[size - 1] = ' ';
}
