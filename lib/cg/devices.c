// SPDX-License-Identifier: MIT
/*
 * devices - device rules of a group, on v1 and v2
 *
 * v1 has files for the rules, v2 takes a program (devbpf.c).  The rules are put
 * together here, by v1's own logic, so that both hosts do the same with a list.
 * A rule against the default is an exception; a rule for the default takes
 * exceptions away.
 */
#include "cg/devices.h"
#include "base/die.h"
#include "base/parse.h"
#include "base/say.h"
#include "cg/devbpf.h"
#include "cg/tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The most that a device number has: 12 and 20 bits (makedev(3)). */
#define MAJOR_MAX 0xfffu
#define MINOR_MAX 0xfffffu

static unsigned
parse_access(const char *what, const char *word, const char *rule)
{
	static const char letters[] = "mrw";
	unsigned access = 0;

	for (; *word; word++) {
		const char *p = strchr(letters, *word);

		if (!p || access & 1u << (p - letters))
			diex("%s: '%s': access is some of r, w and m", what,
			    rule);
		access |= 1u << (p - letters);
	}
	return access;
}

static int
parse_number(const char *what, const char *word, unsigned max)
{
	return strcmp(word, "*") == 0 ? DEVICE_ANY
				      : (int)parse_num(what, word, 0, max);
}

/* False: RULE is for all devices. */
static bool
parse(const char *what, const char *rule, struct cg_device *d)
{
	char type[2], major[9], minor[9], access[4] = "mrw";
	int n, end = 0;

	if (strcmp(rule, "a") == 0)
		return false;
	n = sscanf(rule, "%1[bc] %8[0-9*]:%8[0-9*]%n %3[a-z]%n", type, major,
	    minor, &end, access, &end);
	if (n < 3 || rule[end])
		diex("%s: '%s' is not a, or as 'c 1:3 rwm'", what, rule);
	*d = (struct cg_device){
	    .type = type[0] == 'b' ? DEVICE_BLOCK : DEVICE_CHAR,
	    .access = parse_access(what, access, rule),
	    .major = parse_number(what, major, MAJOR_MAX),
	    .minor = parse_number(what, minor, MINOR_MAX),
	};
	return true;
}

static void
say_device(char text[32], const struct cg_device *d)
{
	char numbers[2][12] = {"*", "*"};

	if (d->major != DEVICE_ANY)
		snprintf(numbers[0], sizeof(*numbers), "%d", d->major);
	if (d->minor != DEVICE_ANY)
		snprintf(numbers[1], sizeof(*numbers), "%d", d->minor);
	snprintf(text, 32, "%c %s:%s %s%s%s",
	    d->type == DEVICE_BLOCK ? 'b' : 'c', numbers[0], numbers[1],
	    d->access & DEVICE_READ ? "r" : "",
	    d->access & DEVICE_WRITE ? "w" : "",
	    d->access & DEVICE_MAKE ? "m" : "");
}

static bool
meets(int a, int b)
{
	return a == b || a == DEVICE_ANY || b == DEVICE_ANY;
}

static void
add(struct cg_devices *d, const char *what, const struct cg_device *rule)
{
	for (unsigned i = 0; i < d->n; i++)
		if (d->except[i].type == rule->type &&
		    d->except[i].major == rule->major &&
		    d->except[i].minor == rule->minor) {
			d->except[i].access |= rule->access;
			return;
		}
	if (d->n == CG_DEVICES_MAX)
		diex("%s: more than %d rules", what, CG_DEVICES_MAX);
	d->except[d->n++] = *rule;
}

static void
take_away(struct cg_devices *d, const char *what, const struct cg_device *rule)
{
	unsigned kept = 0;
	char text[32];

	for (unsigned i = 0; i < d->n; i++) {
		struct cg_device e = d->except[i];

		if (e.type == rule->type && meets(e.major, rule->major) &&
		    meets(e.minor, rule->minor) && e.access & rule->access) {
			if (e.major != rule->major || e.minor != rule->minor) {
				say_device(text, &e);
				diex("%s: the earlier rule '%s' is for other "
				     "numbers, too, and cannot be changed in "
				     "part",
				    what, text);
			}
			e.access &= ~rule->access;
		}
		if (e.access)
			d->except[kept++] = e;
	}
	d->n = kept;
}

void
cg_devices_rule(
    struct cg_devices *d, const char *what, bool allow, const char *word)
{
	struct cg_device rule;

	if (!parse(what, word, &rule)) {
		d->allows = allow;
		d->n = 0;
	} else if (allow != d->allows) {
		add(d, what, &rule);
	} else {
		take_away(d, what, &rule);
	}
}

static void
write_v1(const struct cg_devices *d, const char *dir)
{
	static const char *const files[] = {"devices.deny", "devices.allow"};
	char text[32];

	if (cg_write(dir, files[d->allows], "a") < 0)
		die_said();
	for (unsigned i = 0; i < d->n; i++) {
		say_device(text, &d->except[i]);
		if (cg_write(dir, files[!d->allows], text) == 0)
			continue;
		if (errno == EPERM)
			die_hint("the group above may not have that device, or "
				 "cg-device is behind ns-spawn",
			    "%s", said());
		die_said();
	}
}

void
cg_devices_set(const struct cg_devices *d)
{
	const struct cg_tree *t = cg_tree_of(CG_DEVICES);

	if (!cg_is_own(t->list)) {
		errno = 0;
		die_hint("cg-limit --devices max cg-device ...",
		    "the chain has no group of its own for devices");
	}
	cg_check_own(t);
	if (t->version == 1)
		write_v1(d, t->own);
	else
		devbpf_attach(d, t->own);
}
