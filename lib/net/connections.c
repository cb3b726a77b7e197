// SPDX-License-Identifier: MIT
/*
 * connections - TCP sockets that outlive the processes of a namespace
 */
#include "net/connections.h"
#include "base/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *file, *count;
} kinds[] = {
    {"sockstat", "\nTCP: inuse "},
    {"sockstat6", "TCP6: inuse "},
};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

void
connections_open(struct connections *c, pid_t pid)
{
	char path[64];

	for (int i = 0; i < KINDS; i++) {
		path_fmt(
		    path, sizeof(path), "/proc/%d/net/%s", pid, kinds[i].file);
		c->counts[i] = open(path, O_RDONLY | O_CLOEXEC);
	}
}

bool
connections_left(struct connections *c)
{
	char text[512], *count;
	bool left = false;
	ssize_t len;

	for (int i = 0; i < KINDS; i++) {
		len = read(c->counts[i], text, sizeof(text) - 1);
		close_keep(c->counts[i]);
		if (len <= 0)
			continue;
		text[len] = '\0';
		count = strstr(text, kinds[i].count);
		left |= count && atoi(count + strlen(kinds[i].count)) > 0;
	}
	return left;
}
