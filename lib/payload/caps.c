// SPDX-License-Identifier: MIT
/*
 * caps - capabilities, by libcap
 *
 * The inheritable and ambient sets are the caller's words or empty, not cut:
 * with a file's inheritable set they would raise dropped capabilities
 * (CVE-2022-24769).
 */
#include "payload/caps.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/say.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#define BIT(cap) ((uint64_t)1 << (cap))
#define ALL (~(uint64_t)0)
#define CAPS 64 /* the most that the kernel can have */

const uint64_t caps_kept =
    BIT(CAP_AUDIT_WRITE) | BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) |
    BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_KILL) |
    BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SETFCAP) | BIT(CAP_SETGID) |
    BIT(CAP_SETPCAP) | BIT(CAP_SETUID) | BIT(CAP_SYS_CHROOT);

static uint64_t
bits_of(const char *what, const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	char full[64];
	cap_value_t v;

	if (strcasecmp(name, "all") == 0)
		return ALL;
	snprintf(full, sizeof(full), "%s%s",
	    strncasecmp(name, "cap_", 4) == 0 ? "" : "cap_", name);
	/* cap_from_name(3) takes "chown=" and "chown kill" for chown. */
	if (full[strspn(full, letters)] || cap_from_name(full, &v) < 0)
		diex("%s: '%.60s' is not a capability", what, name);
	return BIT(v);
}

uint64_t
caps_list(const char *what, const char *list)
{
	char *copy = strdup(list), *rest = copy, *name;
	uint64_t bits = 0;

	if (!copy)
		die("strdup");
	while ((name = strsep(&rest, ",")))
		bits |= bits_of(what, name);
	free(copy);
	return bits;
}

/* All are those that there are; a stage of the chain has cut some. */
static void
tell_cut(const char *what, const char *by)
{
	char *text, *name;
	FILE *f = text_open(&text);

	for (cap_value_t v = 0; v < CAPS; v++)
		if (cap_get_bound(v) == 0 && (name = cap_to_name(v))) {
			fprintf(f, "%s%s", ftell(f) ? ", " : "", name);
			cap_free(name);
		}
	text_close(f);
	if (*text)
		warnx("%s all: without %s, which %s has cut", what, text, by);
	free(text);
}

void
caps_check(const char *what, uint64_t set)
{
	const char *by = env_or("BOX_CUT", NULL);

	if (set == ALL && by)
		tell_cut(what, by);
	for (cap_value_t v = 0; set != ALL && v < CAPS; v++) {
		if (!(set & BIT(v)) || cap_get_bound(v) != 0)
			continue;
		warnx("%s: %s is not in the bounding set, which %s has "
		      "cut",
		    what, cap_to_name(v),
		    by ? by : "a stage or a container around this one");
		if (by)
			hint("--network none, or root's --network veth");
		exit(EXIT_TOOL);
	}
}

uint64_t
caps_keep(uint64_t base, uint64_t add, uint64_t drop)
{
	return add == ALL ? ~drop : (base & ~drop) | add;
}

uint64_t
caps_permitted(void)
{
	cap_t c = cap_get_proc();
	uint64_t set = 0;
	cap_flag_value_t has;

	if (!c)
		die("read capabilities");
	for (cap_value_t v = 0; v < cap_max_bits(); v++)
		if (cap_get_flag(c, v, CAP_PERMITTED, &has) == 0 && has)
			set |= BIT(v);
	cap_free(c);
	return set;
}

/* The set as setpriv(1) takes it: "-all,+chown,+kill".  Not freed. */
static const char *
text_of(uint64_t keep)
{
	char *text = text_fmt("%1024s", ""), *name;

	if (keep == ALL)
		return "+all";
	strcpy(text, "-all");
	for (cap_value_t v = 0; v < cap_max_bits(); v++) {
		if (!(keep & BIT(v)) || !(name = cap_to_name(v)))
			continue;
		/* A capability without a name in libcap is a number. */
		strcat(strcat(text, ",+"),
		    name +
			(isdigit((unsigned char)*name) ? 0 : strlen("cap_")));
		cap_free(name);
	}
	return text;
}

/* The names of the capabilities cost more than the calls: so they are for a
 * reader alone. */
static bool
say_bound(uint64_t keep)
{
	return say(SAY_SH, "setpriv --bounding-set=%s", text_of(keep));
}

static bool
say_sets(uint64_t ambient)
{
	return say(SAY_SH, "setpriv --inh-caps=%s --ambient-caps=%s",
	    text_of(ambient), text_of(ambient));
}

/* For the message about a call that has failed, of which SAY_IT was left out.
 * Keeps errno. */
static void
say_late(bool (*say_it)(uint64_t), uint64_t set)
{
	const int err = errno;

	if (!say_modes())
		say_it(set);
	errno = err;
}

void
caps_bound(uint64_t keep)
{
	if (say_modes() && !say_bound(keep))
		return;
	for (cap_value_t v = 0; v < CAPS; v++) {
		if ((keep & BIT(v)) || cap_get_bound(v) == 0 ||
		    cap_drop_bound(v) == 0)
			continue;
		/* The kernel has no such capability. */
		if (errno == EINVAL)
			break;
		say_late(say_bound, keep);
		if (errno == EPERM)
			die_hint(geteuid() == 0 ? "ns-spawn in front"
						: "sudo, or ns-spawn in front",
			    "%s", said());
		die_said();
	}
}

/* Copies the capabilities in KEEP from the SOURCE set to the set DEST. */
static int
take(cap_t to, cap_flag_t dest, cap_t from, cap_flag_t source, uint64_t keep)
{
	cap_flag_value_t has;

	for (cap_value_t v = 0; v < cap_max_bits(); v++)
		if ((keep & BIT(v)) &&
		    cap_get_flag(from, v, source, &has) == 0 && has &&
		    cap_set_flag(to, dest, 1, &v, CAP_SET) < 0)
			return -1;
	return 0;
}

/* An exec as another user than root gives the ambient capabilities alone. */
static int
raise_ambient(cap_t c)
{
	cap_flag_value_t has;

	for (cap_value_t v = 0; v < cap_max_bits(); v++)
		if (cap_get_flag(c, v, CAP_INHERITABLE, &has) == 0 && has &&
		    cap_set_ambient(v, CAP_SET) < 0)
			return -1;
	return 0;
}

void
caps_limit(uint64_t keep, uint64_t ambient)
{
	/* Begins empty: libcap may know fewer capabilities than the kernel. */
	cap_t c = cap_init(), own = cap_get_proc();

	if (say_modes() && !say_sets(ambient))
		return;
	/* A capability that is not inheritable cannot be ambient. */
	if (!c || !own ||
	    take(c, CAP_PERMITTED, own, CAP_PERMITTED, keep) < 0 ||
	    take(c, CAP_EFFECTIVE, own, CAP_EFFECTIVE, keep) < 0 ||
	    take(c, CAP_INHERITABLE, own, CAP_PERMITTED, ambient) < 0 ||
	    cap_set_proc(c) < 0 || raise_ambient(c) < 0) {
		say_late(say_sets, ambient);
		die_said();
	}
	cap_free(own);
	cap_free(c);
}

void
caps_no_new_privs(void)
{
	if (say(SAY_SH, "setpriv --no-new-privs") &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		die_said();
}
