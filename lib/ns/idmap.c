// SPDX-License-Identifier: MIT
/*
 * idmap - id maps: parse, check, write
 *
 * The kernel takes a map once and whole, in one write(2).  An unprivileged
 * caller may map only their own id, and the gid only after setgroups(2) is
 * denied: they could leave a group to open files closed to its members.
 */
#include "ns/idmap.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/run.h"
#include "base/say.h"
#include "box/slot.h"
#include "ns/refused.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static void
add(struct idmap *m, uint32_t in, uint32_t out, uint32_t count)
{
	m->r[m->n++] = (struct idrange){in, out, count};
}

/* Whether the ranges a..a+n-1 and b..b+m-1 have no id in common. */
static bool
apart(uint32_t a, uint32_t n, uint32_t b, uint32_t m)
{
	return (uint64_t)a + n <= b || (uint64_t)b + m <= a;
}

static void
parse_range(struct idmap *m, const char *what, const char *word)
{
	uint32_t v[3];
	char *part[3], *rest = text_fmt("%s", word), *copy = rest;

	for (int i = 0; i < 3; i++)
		part[i] = strsep(&rest, ":");
	if (!part[2] || rest)
		diex("%s: '%.60s' is not self, subid, auto or IN:OUT:COUNT",
		    what, word);
	for (int i = 0; i < 3; i++)
		v[i] =
		    (uint32_t)parse_num(what, part[i], i == 2, UINT32_MAX - 1);
	free(copy);
	if ((uint64_t)v[0] + v[2] > UINT32_MAX ||
	    (uint64_t)v[1] + v[2] > UINT32_MAX)
		diex("%s: %u:%u:%u ends beyond the last id", what, v[0], v[1],
		    v[2]);
	for (unsigned i = 0; i < m->n; i++)
		if (!apart(v[0], v[2], m->r[i].in, m->r[i].count) ||
		    !apart(v[1], v[2], m->r[i].out, m->r[i].count))
			diex("%s: %u:%u:%u overlaps another range", what, v[0],
			    v[1], v[2]);
	if (m->n == IDMAP_RANGES)
		diex("%s: more than %d ranges", what, IDMAP_RANGES);
	add(m, v[0], v[1], v[2]);
}

static void
parse_list(struct idmap *m, const char *what, const char *word)
{
	char *copy = text_fmt("%s", word), *rest = copy, *s;

	while ((s = strsep(&rest, ",")))
		parse_range(m, what, s);
	free(copy);
}

/* The user's first range in FILE, where a line has their name or number; a
 * count of 0 if there is none. */
static struct idrange
find_subid(const char *file, const char *name, uid_t uid)
{
	FILE *f = fopen(file, "re");
	struct idrange r = {0};
	char line[256], who[64];

	snprintf(who, sizeof(who), "%u", uid);
	while (f && r.count == 0 && fgets(line, sizeof(line), f)) {
		char *rest = line, *owner = strsep(&rest, ":");
		char *start = strsep(&rest, ":");

		if (!rest ||
		    (strcmp(owner, name) != 0 && strcmp(owner, who) != 0))
			continue;
		rest[strcspn(rest, "\n")] = '\0';
		r.out = (uint32_t)parse_num(file, start, 1, UINT32_MAX - 1);
		r.count =
		    (uint32_t)parse_num(file, rest, 1, UINT32_MAX - r.out);
	}
	if (f)
		fclose(f);
	return r;
}

/* KIND is uid or gid; OWN, the caller's, is apart from the range. */
static struct idrange
subid(const char *kind, const char *name, uid_t uid, uint32_t own)
{
	const char *file = text_fmt("/etc/sub%s", kind);
	const struct idrange r = find_subid(file, name, uid);

	if (r.count == 0) {
		errno = 0;
		die_hint(text_fmt("usermod --add-subuids 100000-165535 "
				  "--add-subgids 100000-165535 %s",
			     name),
		    "%s has no range of ids for %s", file, name);
	}
	if (own != 0 && !apart(own, 1, r.out, r.count)) {
		errno = 0;
		die_hint(text_fmt("usermod --del-sub%ss %u-%u "
				  "--add-sub%ss 100000-165535 %s",
			     kind, r.out, r.out + r.count - 1, kind, name),
		    "%s: the range of %s has %u, which is their own id", file,
		    name, own);
	}
	return r;
}

/* Run by root, all ids of the box are in the range: none is a host user's.  Run
 * by an ordinary user, the box's root is the user, who owns the files. */
static void
add_subid(struct idmap *m, struct idrange r, uint32_t own)
{
	if (own == 0) {
		add(m, 0, r.out, r.count);
	} else {
		add(m, 0, own, 1);
		add(m, 1, r.out, r.count);
	}
}

/* The login name, from /etc/passwd alone. */
static const char *
login_name(uid_t uid)
{
	static char name[64];
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *p;

	snprintf(name, sizeof(name), "%u", uid);
	while (f && (p = fgetpwent(f)))
		if (p->pw_uid == uid)
			snprintf(name, sizeof(name), "%s", p->pw_name);
	if (f)
		fclose(f);
	return name;
}

bool
idmap_out(const struct idmap *m, uint32_t in, uint32_t *out)
{
	for (unsigned i = 0; i < m->n; i++)
		if (in - m->r[i].in < m->r[i].count) {
			*out = m->r[i].out + (in - m->r[i].in);
			return true;
		}
	return false;
}

static void
read_map(struct idmap *m, const char *path)
{
	FILE *f = fopen(path, "re");
	uint32_t in, out, count;

	m->n = 0;
	if (!f)
		die("open %s", path);
	while (m->n < IDMAP_RANGES &&
	       fscanf(f, "%u %u %u", &in, &out, &count) == 3)
		add(m, in, out, count);
	/* With a part of the map root could pass for an ordinary user. */
	if (ferror(f))
		die("read %s", path);
	fclose(f);
}

/* Whether --map subid would work for the caller. */
static bool
has_subid(const char *name, uid_t uid)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 &&
	       run_has("newuidmap") && run_has("newgidmap") &&
	       find_subid("/etc/subuid", name, uid).count &&
	       find_subid("/etc/subgid", name, uid).count;
}

static bool
has_all_ids(void)
{
	const uint32_t first = SLOT_IDS_BASE, last = first + SLOT_IDS - 1;
	struct idmap u, g;
	uint32_t out;

	read_map(&u, "/proc/self/uid_map");
	read_map(&g, "/proc/self/gid_map");
	return idmap_out(&u, first, &out) && idmap_out(&u, last, &out) &&
	       idmap_out(&g, first, &out) && idmap_out(&g, last, &out);
}

bool
idmap_is_root(void)
{
	static int is_root = -1;

	if (is_root < 0)
		is_root = geteuid() == 0 && has_all_ids();
	return is_root;
}

bool
idmap_is_first(void)
{
	struct idmap u;

	read_map(&u, "/proc/self/uid_map");
	return u.n == 1 && u.r[0].out == 0 && u.r[0].count == UINT32_MAX;
}

/* The ids of this user namespace, each as itself. */
static void
own_ids(struct idmap *m, const char *path)
{
	read_map(m, path);
	for (unsigned i = 0; i < m->n; i++)
		m->r[i].out = m->r[i].in;
}

void
idmaps_get(struct idmaps *m, const char *word, const char *groups, uint32_t ids)
{
	const uid_t uid = geteuid();
	const gid_t gid = getegid();

	m->u.n = m->g.n = 0;
	m->helper = m->no_groups = false;
	if (groups && (word[0] < '0' || word[0] > '9'))
		diex("--gid-map: --map is not a list of its own");
	if (word && strcmp(word, "auto") == 0) {
		if (uid == 0 && !idmap_is_root()) {
			own_ids(&m->u, "/proc/self/uid_map");
			own_ids(&m->g, "/proc/self/gid_map");
			return;
		}
		word = uid != 0 && has_subid(login_name(uid), uid) ? "subid"
								   : NULL;
	}
	if (!word && idmap_is_root()) {
		add(&m->u, 0, ids, 65536);
		add(&m->g, 0, ids, 65536);
	} else if (!word || strcmp(word, "self") == 0) {
		add(&m->u, 0, uid, 1);
		add(&m->g, 0, gid, 1);
		m->no_groups = uid != 0;
	} else if (strcmp(word, "subid") == 0) {
		const char *name = login_name(uid);

		add_subid(&m->u, subid("uid", name, uid, uid), uid);
		add_subid(&m->g, subid("gid", name, uid, gid), gid);
		m->helper = true;
	} else {
		parse_list(&m->u, "--map", word);
		parse_list(&m->g, "--gid-map", groups ? groups : word);
		m->no_groups = uid != 0;
	}
}

static void
write_map(const char *kind, const struct idmap *m, const char *pid)
{
	char path[64], text[IDMAP_RANGES * 34], *end = text;

	snprintf(path, sizeof(path), "/proc/%s/%s_map", pid, kind);
	for (unsigned i = 0; i < m->n; i++)
		end += sprintf(
		    end, "%u %u %u\n", m->r[i].in, m->r[i].out, m->r[i].count);
	end[-1] = '\0';
	if (!say(SAY_SH, "echo '%s' > %s", text, path) ||
	    write_at(AT_FDCWD, path, text) == 0)
		return;
	if (errno == EPERM)
		die_hint(geteuid() == 0
			     ? "map only ids that /proc/self/uid_map and "
			       "gid_map have"
			     : "map only your own id (--map self), or the "
			       "range that root gave you (--map subid)",
		    "%s", said());
	die_said();
}

/* newuidmap PID IN OUT COUNT...: set-user-ID root, checks /etc/subuid. */
static void
run_helper(const char *tool, const struct idmap *m, const char *pid)
{
	char *argv[9] = {(char *)tool, (char *)pid}, **word = argv + 2;
	char why[200] = "";
	int status;

	/* --map subid makes two ranges at most. */
	for (unsigned i = 0; i < m->n; i++) {
		*word++ = text_fmt("%u", m->r[i].in);
		*word++ = text_fmt("%u", m->r[i].out);
		*word++ = text_fmt("%u", m->r[i].count);
	}
	/* PID may be the variable $BOX_PID. */
	if (!say(SAY_SH, "%s %s %s", tool, pid, say_words(argv + 2)))
		return;
	status = run(argv, NULL, why, sizeof(why));
	if (status == EXIT_NOENT) {
		errno = 0;
		die_hint("apt-get install uidmap", "%s is not installed", tool);
	}
	if (status == 0)
		return;
	warnx("%s: %s", said(), why);
	if (!strstr(why, "Operation not permitted"))
		exit(EXIT_TOOL);
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		hint("from outside of no_new_privs, or --map self");
	else
		hint("chmod u+s /usr/bin/newuidmap /usr/bin/newgidmap");
	exit(EXIT_TOOL);
}

void
idmaps_write(const struct idmaps *m, pid_t pid)
{
	char num[16] = "$BOX_PID", path[64];

	if (pid)
		snprintf(num, sizeof(num), "%d", pid);
	if (m->helper) {
		run_helper("newuidmap", &m->u, num);
		run_helper("newgidmap", &m->g, num);
		return;
	}
	snprintf(path, sizeof(path), "/proc/%s/setgroups", num);
	if (m->no_groups && say(SAY_SH, "echo deny > %s", path) &&
	    write_at(AT_FDCWD, path, "deny") < 0)
		die_said();
	write_map("uid", &m->u, num);
	write_map("gid", &m->g, num);
}

bool
idmap_identity(const struct idmap *m)
{
	for (unsigned i = 0; i < m->n; i++)
		if (m->r[i].in != m->r[i].out)
			return false;
	return true;
}

bool
idmap_root(pid_t pid, uint32_t *uid, uint32_t *gid)
{
	struct idmap u, g;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	read_map(&u, path);
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	read_map(&g, path);
	return idmap_out(&u, 0, uid) && idmap_out(&g, 0, gid);
}

bool
idmap_own_gid(uint32_t id)
{
	struct idmap m;
	uint32_t out;

	read_map(&m, "/proc/self/gid_map");
	return idmap_out(&m, id, &out);
}

void
idmap_gid_range(uint32_t *first, uint32_t *last)
{
	struct idmap m;

	read_map(&m, "/proc/self/gid_map");
	*first = UINT32_MAX;
	*last = 0;
	for (unsigned i = 0; i < m.n; i++) {
		const uint32_t end = m.r[i].in + m.r[i].count - 1;

		if (m.r[i].in < *first)
			*first = m.r[i].in;
		if (end > *last)
			*last = end;
	}
}

/* Sets the mapped ones of the groups.  With an unmapped group the kernel
 * refuses the list, and the group alone, with EINVAL. */
static int
set_mapped(size_t n, const gid_t *list)
{
	gid_t *mapped = calloc(n, sizeof(*mapped));
	size_t n_mapped = 0;
	int result;

	if (!mapped)
		die("calloc");
	for (size_t i = 0; i < n; i++)
		if (setgroups(1, &list[i]) == 0)
			mapped[n_mapped++] = list[i];
	result = setgroups(n_mapped, mapped);
	free(mapped);
	return result;
}

void
idmap_setgroups(size_t n, const gid_t *list)
{
	char word[8] = "";
	const char *text;
	int error;

	if (setgroups(n, list) == 0)
		return;
	if (errno == EINVAL && set_mapped(n, list) == 0)
		return;
	error = errno;
	if (error != EPERM ||
	    read_at(AT_FDCWD, "/proc/self/setgroups", word, sizeof(word)) < 0 ||
	    strncmp(word, "deny", 4) != 0) {
		warn_line(error, "setgroups");
		if (error == EPERM && (text = ns_profile_hint()))
			hint("%s", text);
		exit(EXIT_TOOL);
	}
}

void
idmap_become_root(void)
{
	idmap_setgroups(0, NULL);
	/* EINVAL: the map has no 0. */
	if (setresgid(0, 0, 0) < 0 && errno != EINVAL)
		die("setresgid");
	if (setresuid(0, 0, 0) < 0 && errno != EINVAL)
		die("setresuid");
}
