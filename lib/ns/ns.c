// SPDX-License-Identifier: MIT
/* ns - the kinds of namespaces; joining, making and comparing them */
#include "ns/ns.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "ns/idmap.h"
#include "ns/refused.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

const struct ns_type ns_types[NS_KINDS] = {
    [NS_USER] = {"user", "user", CLONE_NEWUSER},
    [NS_MOUNT] = {"mount", "mnt", CLONE_NEWNS},
    [NS_PID] = {"pid", "pid", CLONE_NEWPID},
    [NS_NET] = {"net", "net", CLONE_NEWNET},
    [NS_UTS] = {"uts", "uts", CLONE_NEWUTS},
    [NS_IPC] = {"ipc", "ipc", CLONE_NEWIPC},
    [NS_CGROUP] = {"cgroup", "cgroup", CLONE_NEWCGROUP},
};

void
ns_all(struct ns_set *s)
{
	s->fresh = 0;
	for (int k = 0; k < NS_KINDS; k++) {
		s->fresh |= ns_types[k].flag;
		s->join[k] = -1;
	}
}

void
ns_only(struct ns_set *s, const char *list)
{
	char *copy = text_fmt("%s", list), *rest = copy, *name;
	int k;

	ns_all(s);
	s->fresh = 0;
	while (*list && (name = strsep(&rest, ","))) {
		for (k = 0; k < NS_KINDS; k++)
			if (strcmp(name, ns_types[k].name) == 0)
				break;
		if (k == NS_KINDS)
			diex("--only: '%s' is none of user, mount, pid, net, "
			     "uts, ipc, cgroup",
			    name);
		s->fresh |= ns_types[k].flag;
	}
	free(copy);
}

void
ns_choose(struct ns_set *s, enum ns_kind kind, const char *word)
{
	const struct ns_type *t = &ns_types[kind];
	int fd, type;

	s->fresh &= ~t->flag;
	s->join[kind] = -1;
	if (strcmp(word, "host") == 0)
		return;
	if (strcmp(word, "new") == 0) {
		s->fresh |= t->flag;
		return;
	}
	fd = open(word, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("--%s: open %s", t->name, word);
	type = ioctl(fd, NS_GET_NSTYPE);
	if (type != t->flag)
		diex("--%s: %s is not a %s namespace", t->name, word, t->name);
	s->join[kind] = fd;
}

const char *
ns_options(int flags)
{
	static char text[96];

	text[0] = '\0';
	for (int k = 0; k < NS_KINDS; k++)
		if (flags & ns_types[k].flag)
			sprintf(strchr(text, '\0'), " --%s", ns_types[k].name);
	return text;
}

void
ns_tell_new(int flags)
{
	char text[96] = "";

	for (int k = 0; k < NS_KINDS; k++)
		if (flags & ns_types[k].flag)
			sprintf(strchr(text, '\0'), "%s%s", *text ? "," : "",
			    ns_types[k].name);
	if (setenv("BOX_NS", text, 1) < 0)
		die("setenv");
}

int
ns_new(void)
{
	const char *rest = getenv("BOX_NS");
	int flags = 0;

	for (size_t len; rest && *rest; rest += len + (rest[len] == ',')) {
		len = strcspn(rest, ",");
		for (int k = 0; k < NS_KINDS; k++)
			if (strlen(ns_types[k].name) == len &&
			    strncmp(rest, ns_types[k].name, len) == 0)
				flags |= ns_types[k].flag;
	}
	return flags;
}

void
ns_join(const struct ns_set *s, int kinds)
{
	for (int k = 0; k < NS_KINDS; k++)
		if (s->join[k] >= 0 && (kinds & ns_types[k].flag) &&
		    say(SAY_SH, "nsenter --%s=/proc/self/fd/%d",
			ns_types[k].name, s->join[k]) &&
		    setns(s->join[k], ns_types[k].flag) < 0)
			die_said();
}

void
ns_unshare(const struct ns_set *s, int kinds)
{
	kinds &= s->fresh;
	if (kinds && say(SAY_SH, "unshare%s", ns_options(kinds)) &&
	    unshare(kinds) < 0)
		ns_refused(kinds);
	if ((kinds & CLONE_NEWNS) && say(SAY_SH, "mount --make-rprivate /") &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die_said();
}

/* PID 0: this process. */
static void
ns_path(char *buf, size_t size, int pid, enum ns_kind kind)
{
	if (pid)
		snprintf(buf, size, "/proc/%d/ns/%s", pid, ns_types[kind].file);
	else
		snprintf(buf, size, "/proc/self/ns/%s", ns_types[kind].file);
}

int
ns_open(int pid, enum ns_kind kind)
{
	char path[64];

	ns_path(path, sizeof(path), pid, kind);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static const char *
hint_text(void)
{
	return geteuid() == 0
		   ? "from outside of every box: this user namespace has no "
		     "power over that process"
		   : "as root";
}

ino_t
ns_inode(int pid, enum ns_kind kind)
{
	char path[64];
	struct stat st;

	ns_path(path, sizeof(path), pid, kind);
	if (stat(path, &st) == 0)
		return st.st_ino;
	if (errno == EACCES)
		die_hint(hint_text(), "stat %s", path);
	die("stat %s", path);
}

void
ns_write_info(int fd, pid_t pid, pid_t of)
{
	if (fd < 0)
		return;
	dprintf(fd, "{\"pid\": %d, \"ns\": {", pid);
	for (int k = 0; k < NS_KINDS; k++)
		dprintf(fd, "%s\"%s\": %ju", k ? ", " : "", ns_types[k].name,
		    (uintmax_t)ns_inode(of, k));
	if (dprintf(fd, "}}\n") < 0)
		die("write --info-fd %d", fd);
	close(fd);
}

int
ns_others(pid_t pid)
{
	int kinds = 0;

	for (int k = 0; k < NS_KINDS; k++)
		if (ns_inode(pid, k) != ns_inode(0, k))
			kinds |= ns_types[k].flag;
	return kinds;
}

void
ns_enter(int pidfd, pid_t pid, int kinds)
{
	if (!kinds ||
	    !say(SAY_SH, "nsenter --target %d%s", pid, ns_options(kinds)) ||
	    setns(pidfd, kinds) == 0)
		return;
	if (errno == EPERM)
		die_hint(hint_text(), "%s", said());
	die_said();
}

int
ns_enter_first(int pidfd, pid_t pid, int kinds)
{
	const bool user = (kinds & CLONE_NEWUSER) && !idmap_is_root();
	const int first = kinds & (CLONE_NEWPID | (user ? CLONE_NEWUSER : 0));

	/* The box may have this user's id: the child must not be traced, from
	 * its first moment there. */
	if (user && !(say_modes() & SAY_DRY) && prctl(PR_SET_DUMPABLE, 0) < 0)
		die("prctl PR_SET_DUMPABLE");
	ns_enter(pidfd, pid, first);
	return kinds & ~first;
}

bool
ns_owned(enum ns_kind kind)
{
	const int fd = ns_open(0, kind);
	const int user = fd < 0 ? -1 : ioctl(fd, NS_GET_USERNS);
	struct stat st;
	bool owned;

	/* EPERM: the owner is a user namespace outside of ours. */
	owned = user >= 0 && fstat(user, &st) == 0 &&
		st.st_ino == ns_inode(0, NS_USER);
	close_keep(user);
	close_keep(fd);
	return owned;
}
