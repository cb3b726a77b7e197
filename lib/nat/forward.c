// SPDX-License-Identifier: MIT
/*
 * forward - forwarding, turned on and put back
 *
 * A write to ip_forward changes other sysctls: the kernel sets the forwarding
 * of each link to the same value, and accept_redirects of all to the opposite
 * (inet_forward_change(), ip-sysctl.rst).  After the first box a host would
 * accept redirects that it refused before, and no longer forward between two
 * links.  So the values that differ are written down and put back.
 *
 * A host that forwards IPv6 takes no router's advertisement, and deletes the
 * routes that it has from one, unless accept_ra is 2
 * (addrconf_forward_change(), ip-sysctl.rst).  So a link that takes them gets a
 * 2 before forwarding is on, and the 1 again after it is off.  A value that is
 * no longer 2 then is the owner's, and stays.
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

/* MARK begins the part of a family in the lock's file. */
static const struct family {
	char mark;
	const char *conf, *on;
} families[IPS] = {
    {'1', "/proc/sys/net/ipv4/conf", "/proc/sys/net/ipv4/ip_forward"},
    {'6', "/proc/sys/net/ipv6/conf", "/proc/sys/net/ipv6/conf/all/forwarding"},
};

/* The first character of the file; '\0' if there is none.  Dies if the value
 * cannot be read: it is to be put back later. */
static char
value_of(const char *path)
{
	char now[4];
	const ssize_t n = read_at(AT_FDCWD, path, now, sizeof(now));

	if (n < 0 && errno != ENOENT)
		die("read %s", path);
	return n > 0 ? now[0] : '\0';
}

static char
value_in(const struct family *of, const char *link, const char *setting)
{
	char path[128];

	path_fmt(path, sizeof(path), "%s/%s/%s", of->conf, link, setting);
	return value_of(path);
}

/* Writes the line "LINK/SETTING=VALUE" if the setting has that value now. */
static void
note(FILE *f, const struct family *of, const char *link, const char *setting,
    char value)
{
	if (value_in(of, link, setting) == value)
		fprintf(f, "%s/%s=%c\n", link, setting, value);
}

/* Calls FN for each link of the family, and its "default". */
static void
each_link(const struct family *of, FILE *f,
    void (*fn)(FILE *f, const struct family *of, const char *link))
{
	DIR *links = opendir(of->conf);
	const struct dirent *e;

	if (!links)
		die("read %s", of->conf);
	while ((errno = 0, e = readdir(links)))
		if (e->d_name[0] != '.')
			fn(f, of, e->d_name);
	if (errno)
		die("read %s", of->conf);
	closedir(links);
}

static void
note_forwarding(FILE *f, const struct family *of, const char *link)
{
	note(f, of, link, "forwarding", '1');
}

/* A link that forwards by itself does not take advertisements at 1. */
static void
note_advertised(FILE *f, const struct family *of, const char *link)
{
	if (strcmp(link, "all") != 0 && value_in(of, link, "forwarding") == '0')
		note(f, of, link, "accept_ra", '1');
}

/* Appends TEXT to what is written down. */
static void
write_down(int lock, const char *text)
{
	const off_t end = lseek(lock, 0, SEEK_END);

	if (end < 0 ||
	    pwrite(lock, text, strlen(text), end) != (ssize_t)strlen(text))
		die("write down what forwarding was");
}

/* The text in the file of the lock, malloc'ed. */
static char *
written(int lock)
{
	char path[64], *text;

	path_fmt(path, sizeof(path), "/proc/self/fd/%d", lock);
	text = slurp_at(AT_FDCWD, path);
	if (!text)
		die("read %s", path);
	return text;
}

/* The family whose part the line begins, or NULL. */
static const struct family *
begins(const char *line)
{
	for (unsigned ip = 0; ip < IPS; ip++)
		if (line[0] == families[ip].mark && !line[1])
			return &families[ip];
	return NULL;
}

static bool
is_marked(int lock, enum ip ip)
{
	char *text = written(lock), *rest = text, *line;
	bool marked = false;

	while (!marked && (line = strsep(&rest, "\n")))
		marked = begins(line) == &families[ip];
	free(text);
	return marked;
}

/* The mark of the family and, a line each, the values that would be lost. */
bool
forward_mine(int lock, enum ip ip, bool wanted)
{
	const struct family *of = &families[ip];
	char *text;
	FILE *f;

	if (lock >= 0 && is_marked(lock, ip))
		return true;
	if (!wanted || value_of(of->on) != '0')
		return false;
	if (lock < 0)
		return true;
	f = text_open(&text);
	fprintf(f, "%c\n", of->mark);
	if (ip == IP4)
		note(f, of, "all", "accept_redirects", '0');
	each_link(of, f, note_forwarding);
	text_close(f);
	write_down(lock, text);
	free(text);
	return true;
}

/* Path and value; ENOENT: the link has gone. */
static int
put(const char *path, const char *value)
{
	if (!say(SAY_SH, "echo %s > %s", value, path) ||
	    write_at(AT_FDCWD, path, value) == 0 || errno == ENOENT)
		return 0;
	return -1;
}

/* Lets links take advertisements while they forward.  -1 with errno. */
static int
keep_advertised(int lock)
{
	const struct family *of = &families[IP6];
	char path[128], *text, *rest, *line;
	FILE *f = text_open(&text);
	int ret = 0;

	fprintf(f, "%c\n", of->mark);
	each_link(of, f, note_advertised);
	text_close(f);
	if (lock >= 0)
		write_down(lock, text);
	rest = text + 2;
	while (ret == 0 && (line = strsep(&rest, "\n")) && *line) {
		*strrchr(line, '=') = '\0';
		path_fmt(path, sizeof(path), "%s/%s", of->conf, line);
		ret = put(path, "2");
	}
	free(text);
	return ret;
}

int
forward_on(int lock, enum ip ip)
{
	const char *on = families[ip].on;

	if (value_of(on) == '1')
		return 0;
	if (ip == IP6 && keep_advertised(lock) < 0)
		return -1;
	if (!say(SAY_SH, "echo 1 > %s", on))
		return 0;
	return write_at(AT_FDCWD, on, "1");
}

/* LINE is "LINK/SETTING=VALUE".  -1 with a warning. */
static int
put_back(const struct family *of, char *line)
{
	/* The last one: a link's name may have a "=". */
	char *value = strrchr(line, '=');
	char path[128];

	if (!value)
		return 0;
	*value++ = '\0';
	path_fmt(path, sizeof(path), "%s/%s", of->conf, line);
	if (strstr(line, "/accept_ra") && value_of(path) != '2')
		return 0;
	if (put(path, value) == 0)
		return 0;
	warn("%s", said());
	return -1;
}

int
forward_off(int lock)
{
	char *text = written(lock), *rest = text, *line;
	const struct family *of = NULL, *next;
	int ret = 0;

	while ((line = strsep(&rest, "\n"))) {
		if (!(next = begins(line))) {
			if (of && put_back(of, line) < 0)
				ret = -1;
			continue;
		}
		of = next;
		if (value_of(of->on) != '0' && put(of->on, "0") < 0) {
			warn("%s", said());
			ret = -1;
		}
	}
	free(text);
	return ret;
}
