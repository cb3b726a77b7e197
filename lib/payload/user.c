// SPDX-License-Identifier: MIT
/* user - users and groups of the box, from its own files */
#include "payload/user.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "ns/idmap.h"
#include "stage/door.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_MAX (1 << 20) /* bytes of /etc/passwd or /etc/group */

/* The id 2^32 - 1 means "unchanged" to the kernel. */
static bool
number(const char *what, const char *s, unsigned *id)
{
	if (!*s || s[strspn(s, "0123456789")])
		return false;
	*id = (unsigned)parse_num(what, s, 0, UINT32_MAX - 1);
	return true;
}

/* A copy of the box's file; NULL if the file is missing or empty.  A fifo, or a
 * sparse file of any length, would block the caller. */
static FILE *
open_list(const char *path)
{
	static char text[LIST_MAX + 1];
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	size_t n;
	FILE *f;

	/* What the box may not open, or has made a strange file of, is as if
	 * not there. */
	if (fd < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP &&
	    errno != EACCES)
		die("open the box's %s", path);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		diex("the box's %s is not a file", path);
	f = fdopen(fd, "r");
	if (!f)
		die("fdopen");
	n = fread(text, 1, sizeof(text), f);
	if (ferror(f))
		die("read the box's %s", path);
	fclose(f);
	if (n > LIST_MAX)
		diex("the box's %s is larger than 1 MiB", path);
	f = n ? fmemopen(text, n, "r") : NULL;
	if (n && !f)
		die("fmemopen");
	return f;
}

/* The entry of the user NAME; NULL: of the user UID. */
static struct passwd *
find_user(const char *name, uid_t uid)
{
	FILE *f = open_list("/etc/passwd");
	struct passwd *p = NULL;

	while (f && (p = fgetpwent(f)))
		if (name ? strcmp(p->pw_name, name) == 0 : p->pw_uid == uid)
			break;
	if (f)
		fclose(f);
	return p;
}

static void
add_group(struct user *u, gid_t gid)
{
	const int max = sizeof(u->groups) / sizeof(*u->groups);

	for (int i = 0; i < u->n_groups; i++)
		if (u->groups[i] == gid)
			return;
	if (u->n_groups == max)
		diex("--user, --groups, --group-add: more than %d groups", max);
	u->groups[u->n_groups++] = gid;
}

/* Reads the number of the group NAME into *gid, and the groups that have
 * MEMBER; either may be NULL.  Returns whether there is a group NAME. */
static bool
read_groups(struct user *u, const char *name, gid_t *gid, const char *member)
{
	FILE *f = open_list("/etc/group");
	bool found = false;
	struct group *g;

	while (f && (g = fgetgrent(f))) {
		if (name && strcmp(g->gr_name, name) == 0) {
			*gid = g->gr_gid;
			found = true;
		}
		for (char **m = g->gr_mem; member && *m; m++)
			if (strcmp(*m, member) == 0)
				add_group(u, g->gr_gid);
	}
	if (f)
		fclose(f);
	return found;
}

static void
copy(char *to, size_t size, const char *from)
{
	if (snprintf(to, size, "%s", from) >= (int)size)
		diex("--user: '%.60s...' is too long", from);
}

void
user_get(struct user *u, const char *word, bool with_home)
{
	char name[256], member[256] = "";
	struct passwd *p;
	bool is_number;
	char *group;

	copy(name, sizeof(name), word ? word : "0");
	*u = (struct user){.home = "/"};
	group = strchr(name, ':');
	if (group)
		*group++ = '\0';
	is_number = number("--user", name, &u->uid);
	if (is_number && group && !with_home &&
	    number("--user", group, &u->gid)) {
		add_group(u, u->gid);
		return;
	}
	p = find_user(is_number ? NULL : name, u->uid);
	if (p) {
		u->uid = p->pw_uid;
		u->gid = p->pw_gid;
		copy(member, sizeof(member), p->pw_name);
		if (p->pw_dir[0])
			copy(u->home, sizeof(u->home), p->pw_dir);
	} else if (is_number) {
		u->gid = u->uid;
		if (u->uid == 0)
			copy(u->home, sizeof(u->home), "/root");
	} else {
		diex("--user: the box's /etc/passwd has no user '%s'", name);
	}
	/* USER:GROUP has that group only. */
	if (!group)
		read_groups(u, NULL, NULL, member);
	else if (!number("--user", group, &u->gid) &&
		 !read_groups(u, group, &u->gid, NULL))
		diex("--user: the box's /etc/group has no group '%s'", group);
	add_group(u, u->gid);
}

void
user_set_groups(struct user *u, const char *what, const char *list)
{
	char *copy = text_fmt("%s", list), *rest = copy, *word;
	gid_t gid;

	u->n_groups = 0;
	while (*list && (word = strsep(&rest, ","))) {
		if (!number(what, word, &gid))
			diex("%s: '%s' is not a list of numbers", what, list);
		if (!idmap_own_gid(gid))
			diex(
			    "%s: %u has no number in the box's map", what, gid);
		add_group(u, gid);
	}
	free(copy);
}

void
user_add_group(struct user *u, const char *word)
{
	gid_t gid;

	if (!number("--group-add", word, &gid) &&
	    !read_groups(u, word, &gid, NULL))
		diex("--group-add: the box's /etc/group has no group '%s'",
		    word);
	if (!idmap_own_gid(gid))
		diex("--group-add: %s has no number in the box's map", word);
	add_group(u, gid);
}

__attribute__((noreturn)) static void
die_unmapped(const struct user *u)
{
	die_hint("the box has the ids of its map: root's has 0 to 65535, an "
		 "ordinary user's 0 alone, or more with ns-spawn --map subid",
	    "--user: become %u:%u", u->uid, u->gid);
}

void
user_become(const struct user *u, bool keep_caps)
{
	const pid_t parent = getppid();
	int sig;

	if (prctl(PR_GET_PDEATHSIG, &sig) < 0)
		die("prctl PR_GET_PDEATHSIG");
	give_pipes(u->uid, u->gid);
	/* Before setgroups(2), for the hint about an id that is not mapped. */
	if (setresgid(u->gid, u->gid, u->gid) < 0)
		die_unmapped(u);
	idmap_setgroups((size_t)u->n_groups, u->groups);
	/* The next exec clears this. */
	if (keep_caps && prctl(PR_SET_KEEPCAPS, 1) < 0)
		die("prctl PR_SET_KEEPCAPS");
	if (setresuid(u->uid, u->uid, u->uid) < 0)
		die_unmapped(u);
	/* A change of ids sets this to fs.suid_dumpable. */
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		die("prctl PR_SET_DUMPABLE");
	/* A change of ids clears this; meanwhile the parent may have died. */
	if (sig && prctl(PR_SET_PDEATHSIG, sig) < 0)
		die("prctl PR_SET_PDEATHSIG");
	if (getppid() != parent || !door_alive())
		diex("the parent has died");
}
