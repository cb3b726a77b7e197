// SPDX-License-Identifier: MIT
/*
 * iptables - iptables-save and iptables-restore, of the host's back end
 *
 * A packet passes the rules of both back ends: one may refuse a packet that the
 * other accepts.  So a box's rules belong in the back end of the host's rules.
 */
#include "nat/iptables.h"
#include "base/die.h"
#include "base/file.h"
#include "base/run.h"
#include "base/say.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct backend {
	const char *name, *restore, *save;
} backends[] = {
    {"default", "iptables-restore", "iptables-save"},
    {"nft", "iptables-nft-restore", "iptables-nft-save"},
    {"legacy", "iptables-legacy-restore", "iptables-legacy-save"},
};

static const struct backend *used = backends;
static char why[512];
static bool missing;

/* 0, or -1 with why[]. */
static int
done(int status)
{
	missing = status == EXIT_NOENT;
	if (status && !*why)
		snprintf(why, sizeof(why), "status %d", status);
	return status ? -1 : 0;
}

int
iptables_save(char **saved)
{
	const char *argv[] = {used->save, NULL};

	return done(run_read((char *const *)argv, saved, why, sizeof(why)));
}

/* Appends the line of TEXT whose number is in the message. */
static void
quote_line(const char *text)
{
	const char *at = strstr(why, "line ");
	const size_t len = strlen(why);
	unsigned n;

	if (!at || sscanf(at, "line %u", &n) != 1)
		return;
	while (n > 1 && (text = strchr(text, '\n'))) {
		text++;
		n--;
	}
	if (text)
		snprintf(why + len, sizeof(why) - len, ": %.*s",
		    (int)strcspn(text, "\n"), text);
}

int
iptables_restore(char *text)
{
	/* -w: legacy waits for its lock; nft ignores the option. */
	const char *argv[] = {used->restore, "--noflush", "-w", NULL};
	int r = 0;

	say_restore(used->restore);
	if (*text && say(SAY_IPT, "%s", text))
		r = done(run((char *const *)argv, text, why, sizeof(why)));
	if (r < 0)
		quote_line(text);
	free(text);
	return r;
}

/* ip_tables_names lists the legacy tables in use. */
static bool
legacy_has_rules(void)
{
	char byte[2], *saved = NULL;
	bool rules;

	if (read_at(AT_FDCWD, "/proc/net/ip_tables_names", byte, 2) <= 0)
		return false;
	iptables_use("legacy");
	rules = iptables_save(&saved) == 0 &&
		(strstr(saved, "\n-A ") || strstr(saved, " DROP ["));
	free(saved);
	return rules;
}

const char *
iptables_use(const char *name)
{
	if (!name)
		name = legacy_has_rules() ? "legacy" : "default";
	for (size_t i = 0; i < sizeof(backends) / sizeof(*backends); i++)
		if (strcmp(name, backends[i].name) == 0) {
			used = &backends[i];
			return used->name;
		}
	return NULL;
}

const char *
iptables_why(void)
{
	return why;
}

bool
iptables_missing(void)
{
	return missing;
}

void
iptables_warn(const char *fmt, ...)
{
	char what[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	warnx("%s: %s", what, why);
	if (missing)
		hint("apt-get install iptables");
}
