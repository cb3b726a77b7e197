// SPDX-License-Identifier: MIT
/*
 * resolv - name servers for a box
 *
 * A box cannot reach a stub resolver on the host's loopback (127.0.0.53).  If
 * resolv.conf names only such a stub, the real servers are in a file of the
 * program that runs the stub.
 */
#include "net/resolv.h"
#include "base/addr.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const files[] = {
    "/etc/resolv.conf",
    "/run/systemd/resolve/resolv.conf",
    "/run/NetworkManager/no-stub-resolv.conf",
};

void
resolv_add(struct resolv *r, const char *word)
{
	struct in6_addr addr6;
	uint32_t addr;

	if (strcmp(word, "auto") == 0 || strcmp(word, "host") == 0 ||
	    strcmp(word, "none") == 0) {
		r->word = word;
		return;
	}
	if (!addr_read(word, &addr) && !addr6_read(word, &addr6))
		diex("--dns: '%s' is not an address, auto, host or none", word);
	if (r->n == RESOLV_MAX)
		diex("--dns: more than %d addresses", RESOLV_MAX);
	r->addr[r->n++] = word;
}

/* Whether a box can reach the server: not the host's loopback, and if OWN no
 * link-local address, and IPv6 only if the box has it. */
static bool
can_reach(const char *server, bool own)
{
	struct in6_addr addr6;
	uint32_t addr;

	if (addr_read(server, &addr))
		return addr >> 24 != 127 &&
		       (!own || (addr >> 24 != 0 && addr >> 16 != 0xa9fe));
	if (strcmp(server, "::1") == 0)
		return false;
	return !own ||
	       (env_or("BOX_ADDR6", NULL) && addr6_read(server, &addr6) &&
		   !IN6_IS_ADDR_LINKLOCAL(&addr6) &&
		   !IN6_IS_ADDR_UNSPECIFIED(&addr6));
}

/* The lines of FILE, of its servers those that a box can reach; NULL if no
 * server is left. */
static char *
real_ones(const char *file, bool own)
{
	char *in = slurp_at(AT_FDCWD, file), *rest = in, *line, *out;
	char server[64];
	int n = 0;
	FILE *f;

	if (!in && errno != ENOENT && errno != ENOTDIR && errno != EACCES)
		die("read %s", file);
	f = text_open(&out);
	while ((line = strsep(&rest, "\n"))) {
		if (sscanf(line, " nameserver %63s", server) == 1) {
			if (!can_reach(server, own))
				continue;
			n++;
		}
		if (*line)
			fprintf(f, "%s\n", line);
	}
	text_close(f);
	free(in);
	return n ? out : NULL;
}

char *
resolv_text(const struct resolv *r)
{
	const bool own = r->word && strcmp(r->word, "auto") == 0;
	const char *forward = env_or("BOX_DNS", NULL);
	char *out;
	FILE *f;

	if (r->word && strcmp(r->word, "none") == 0)
		return NULL;
	for (size_t i = 0; r->word && i < sizeof(files) / sizeof(*files); i++)
		if ((out = real_ones(files[i], own)))
			return out;
	if (r->word && forward)
		return text_fmt("nameserver %s\n", forward);
	if (r->word && !own) {
		errno = 0;
		die_hint("name a server that the box can reach: --dns ADDRESS",
		    "--dns host: this host has no resolver but on its own "
		    "loopback");
	}
	f = text_open(&out);
	for (unsigned i = 0; i < r->n; i++)
		fprintf(f, "nameserver %s\n", r->addr[i]);
	if (r->n == 0)
		fputs("nameserver 8.8.8.8\nnameserver 8.8.4.4\n", f);
	text_close(f);
	return out;
}

unsigned
resolv_servers(const struct resolv *r, uint32_t addr[RESOLV_MAX])
{
	char *text = resolv_text(r), *rest = text, *line, server[64];
	unsigned n = 0;

	while (n < RESOLV_MAX && (line = strsep(&rest, "\n")))
		if (sscanf(line, " nameserver %63s", server) == 1 &&
		    addr_read(server, &addr[n]))
			n++;
	free(text);
	return n;
}
