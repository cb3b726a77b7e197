// SPDX-License-Identifier: MIT
/*
 * place - a copy, unpacked and put in its place
 *
 * Until the archive has ended well, the only change is a new directory, which
 * is removed in any case.
 */
#include "copy/place.h"
#include "base/die.h"
#include "base/file.h"
#include "copy/beneath.h"
#include "copy/unpack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONTENTS "all" /* the name of a copy of a directory's contents */

static const struct place *p;
static int parent, temp; /* the directory for the copy; the new one in it */
static const char *name; /* the copy's in PARENT; NULL: merge into PARENT */
static char temp_name[sizeof(COPY_TEMP) + 6];

__attribute__((noreturn)) static void
cannot(const char *at)
{
	die("cannot copy to %s: %s", p->word, at);
}

/* Finds PARENT and NAME from the path. */
static void
find(struct names *n)
{
	int e;

	parent = directory(p->path, p->links);
	if (parent >= 0) {
		name = strcmp(p->base, ".") == 0 ? NULL : p->base;
		return;
	}
	e = errno;
	names_of(n, p->path);
	errno = e;
	name = n->base;
	if (strcmp(name, ".") != 0 && (errno == ENOENT || errno == ENOTDIR ||
					  (errno == ELOOP && !n->slash)))
		parent = directory(n->dir, p->links);
	if (parent < 0 && errno == ELOOP)
		die_hint(
		    "give the path without the link, as realpath prints it",
		    "cannot copy to %s, which leads through a link", p->word);
	if (parent < 0)
		die("cannot copy to %s", p->word);
}

static void
remove_temp(void)
{
	if (remove_tree(parent, temp_name) < 0)
		warn("remove %s beside %s", temp_name, p->word);
}

static void
make_temp(void)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	char *const end = strcpy(temp_name, COPY_TEMP) + strlen(COPY_TEMP);
	int err;

	do {
		if (getrandom(end, 6, 0) != 6)
			die("getrandom");
		for (int i = 0; i < 6; i++)
			end[i] = letters[(unsigned char)end[i] % 32];
		err = mkdirat(parent, temp_name, 0700);
	} while (err < 0 && errno == EEXIST);
	temp = err < 0 ? -1 : beneath(parent, temp_name);
	if (temp < 0)
		die("cannot write beside %s", p->word);
	atexit(remove_temp);
}

/* Moves a new directory: an ordinary user may move only a directory that they
 * may write to, so its mode is set afterwards. */
static void
move_dir(int from, const char *old, int to, const char *as, mode_t mode)
{
	const int fd = own_directory(from, old);

	if (fd < 0 || renameat(from, old, to, as) < 0 || fchmod(fd, mode) < 0)
		cannot(as);
	close(fd);
}

static void put(int from, const char *old, int to, const char *as, bool look);

/* Moves all files in FROM into TO, and closes FROM.  With LOOK only checks that
 * this is possible. */
static void
merge(int from, int to, bool look)
{
	DIR *list = from < 0 || to < 0 ? NULL : fdopendir(from);
	struct dirent *d;

	if (!list)
		cannot("merge directories");
	while (errno = 0, (d = readdir(list)))
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			put(from, d->d_name, to, d->d_name, look);
	if (errno)
		cannot("merge directories");
	closedir(list);
}

static void
put(int from, const char *old, int to, const char *as, bool look)
{
	struct stat new, there;
	bool replaces;
	int dir;

	if (fstatat(from, old, &new, AT_SYMLINK_NOFOLLOW) < 0)
		cannot(as);
	replaces = fstatat(to, as, &there, AT_SYMLINK_NOFOLLOW) == 0;
	if (!replaces && errno != ENOENT)
		cannot(as);
	errno = 0;
	if (replaces && S_ISDIR(new.st_mode) && S_ISDIR(there.st_mode)) {
		dir = beneath(to, as);
		merge(own_directory(from, old), dir, look);
		close(dir);
		return;
	}
	if (replaces && S_ISDIR(there.st_mode))
		errno = EISDIR;
	else if (replaces && S_ISDIR(new.st_mode) && !S_ISLNK(there.st_mode))
		errno = ENOTDIR;
	if (errno)
		cannot(as);
	if (look)
		return;
	if (!S_ISDIR(new.st_mode)) {
		if (renameat(from, old, to, as) < 0)
			cannot(as);
		return;
	}
	if (replaces && unlinkat(to, as, 0) < 0)
		cannot(as);
	move_dir(from, old, to, as, new.st_mode & 07777);
}

void
place(FILE *in, const struct place *what)
{
	const bool contents = strcmp(what->base, ".") == 0;
	const char *old = contents ? CONTENTS : what->base;
	struct unpack u = {.owners = what->owners,
	    .set_id = what->set_id,
	    .word = what->word,
	    .only = contents ? NULL : what->base};
	struct names n = {0};
	struct stat st;

	p = what;
	umask(0);
	find(&n);
	make_temp();
	if (contents && mkdirat(temp, old, 0755) < 0)
		cannot(temp_name);
	u.dir = contents ? beneath(temp, old) : temp;
	unpack(in, &u);
	if (fstatat(temp, old, &st, AT_SYMLINK_NOFOLLOW) < 0)
		diex("the archive is empty");
	if (name == n.base && n.slash && !S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		cannot(name);
	}
	for (int look = 1; look >= 0; look--)
		if (name)
			put(temp, old, parent, name, look);
		else
			merge(own_directory(temp, old), parent, look);
}
