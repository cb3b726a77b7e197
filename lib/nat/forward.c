// SPDX-License-Identifier: MIT
/*
 * forward - forwarding, turned on and put back
 *
 * A write to ip_forward changes other sysctls: the kernel sets the forwarding
 * of each link to the same value, and accept_redirects of all to the opposite
 * (inet_forward_change(), ip-sysctl.rst).  After the first box a host would
 * accept redirects that it refused before, and no longer forward between two
 * links.  So the values that differ are written down and put back.
 */
#include "nat/forward.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SWITCH "/proc/sys/net/ipv4/ip_forward"
#define CONF "/proc/sys/net/ipv4/conf"

static char
value_of(const char *path)
{
	char now[4];

	return read_at(AT_FDCWD, path, now, sizeof(now)) > 0 ? now[0] : '\0';
}

/* Writes the line "LINK/SETTING=VALUE" if the setting has that value now. */
static void
note(FILE *f, const char *link, const char *setting, char value)
{
	char path[128];

	path_fmt(path, sizeof(path), CONF "/%s/%s", link, setting);
	if (value_of(path) == value)
		fprintf(f, "%s/%s=%c\n", link, setting, value);
}

/* Writes "1" and, a line each, the values that would be lost. */
static void
write_down(int lock)
{
	DIR *links = opendir(CONF);
	const struct dirent *e;
	char *text;
	FILE *f;

	if (!links)
		die("read " CONF);
	f = text_open(&text);
	fputs("1\n", f);
	note(f, "all", "accept_redirects", '0');
	while ((e = readdir(links)))
		if (e->d_name[0] != '.')
			note(f, e->d_name, "forwarding", '1');
	closedir(links);
	text_close(f);
	if (pwrite(lock, text, strlen(text), 0) != (ssize_t)strlen(text))
		die("write down " CONF);
	free(text);
}

bool
forward_mine(int lock)
{
	char mark;

	if (lock >= 0 && pread(lock, &mark, 1, 0) == 1)
		return true;
	if (value_of(SWITCH) != '0')
		return false;
	if (lock >= 0)
		write_down(lock);
	return true;
}

int
forward_on(void)
{
	if (value_of(SWITCH) == '1' || !say(SAY_SH, "echo 1 > " SWITCH))
		return 0;
	return write_at(AT_FDCWD, SWITCH, "1");
}

static int
put(const char *path, const char *value)
{
	/* ENOENT: the link has gone. */
	if (!say(SAY_SH, "echo %s > %s", value, path) ||
	    write_at(AT_FDCWD, path, value) == 0 || errno == ENOENT)
		return 0;
	warn("%s", said());
	return -1;
}

int
forward_off(int lock)
{
	char path[128], *text, *line, *rest, *value;
	int ret = 0;

	path_fmt(path, sizeof(path), "/proc/self/fd/%d", lock);
	text = rest = slurp_at(AT_FDCWD, path);
	if (!text)
		die("read %s", path);
	if (strsep(&rest, "\n")[0])
		ret = put(SWITCH, "0");
	while ((line = strsep(&rest, "\n")))
		/* The last one: a link's name may have a "=". */
		if ((value = strrchr(line, '='))) {
			*value++ = '\0';
			path_fmt(path, sizeof(path), CONF "/%s", line);
			if (put(path, value) < 0)
				ret = -1;
		}
	free(text);
	return ret;
}
