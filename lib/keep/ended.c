// SPDX-License-Identifier: MIT
/*
 * ended - the records of ended boxes
 *
 * A record is written under a name that no box has and renamed, so a reader
 * sees all of it.  Others prune at the same time: the box's lock says whose the
 * record is.
 */
#include "keep/ended.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "box/lock.h"
#include "box/state.h"
#include "keep/layer.h"
#include "keep/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIR_NAME "ended"
#define MADE_UP "made-up name\n"
#define MOST 64
#define WEEK (7 * 24 * 60 * 60)

/* The directory of records; -1 with errno, EPERM if others could have written
 * it. */
static int
open_records(bool make)
{
	char path[PATH_MAX];
	int fd;

	path_fmt(path, sizeof(path), "%s/" DIR_NAME, state_dir());
	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && !is_own(fd, S_IFDIR)) {
		errno = EPERM;
		return close_keep(fd);
	}
	return fd;
}

static char *
record_text(const struct ended *e)
{
	char *text;
	FILE *f = text_open(&text);

	fprintf(f, "status %d\ncause %s\n", e->status,
	    e->stopped ? "stopped" : "exited");
	if (e->made_up)
		fputs(MADE_UP, f);
	if (e->limits)
		fprintf(f, "limits %s", e->limits);
	fprintf(f, "restarts %u\nbegan %jd\nended %jd\n", e->restarts,
	    (intmax_t)e->began, (intmax_t)time(NULL));
	/* The last line: a path may have newlines. */
	if (e->log)
		fprintf(f, "log %s\n", e->log);
	text_close(f);
	return text;
}

static int
write_record(int dir, const char *name, const char *text)
{
	char beside[NAME_MAX + 1];
	int fd, err;

	path_fmt(beside, sizeof(beside), ".%s", name);
	fd = openat(dir, beside,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	err = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	close_keep(fd);
	if (err == 0 && renameat(dir, beside, dir, name) == 0)
		return 0;
	unlinkat(dir, beside, 0);
	return -1;
}

static bool
is_made_up(int dir, const char *name)
{
	const int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char *text = fd >= 0 && is_own(fd, S_IFREG) ? slurp_fd(fd) : NULL;
	const bool made_up = text && strstr(text, "\n" MADE_UP);

	if (fd >= 0)
		close(fd);
	free(text);
	return made_up;
}

/* These remove what is kept of a box, as far as it is there: the record; and
 * the log in its default place; and the layer.  The caller has the box's lock,
 * or -n. */
static int
remove_record(int dir, const char *name)
{
	const int there = dir < 0 ? 0 : look_at(dir, name);

	if (there <= 0)
		return there;
	return say(SAY_SH, "rm %s/" DIR_NAME "/%s", say_word(state_dir()), name)
		   ? unlinkat(dir, name, 0)
		   : 0;
}

int
ended_remove_log(const char *name)
{
	const char *path = log_place(name);
	const int there = look_at(AT_FDCWD, path);

	if (there <= 0)
		return there;
	return say(SAY_SH, "rm -r %s", say_word(path)) ? remove_dir(path) : 0;
}

static int
remove_both(int dir, const char *name)
{
	return ended_remove_log(name) < 0 ? -1 : remove_record(dir, name);
}

static int
remove_all(int dir, const char *name)
{
	return layer_remove(name) < 0 ? -1 : remove_both(dir, name);
}

/* Removes the facts that the keeper could not remove. */
static int
remove_state(const char *name)
{
	char path[PATH_MAX];
	int there;

	path_fmt(path, sizeof(path), "%s/%s", state_dir(), name);
	there = look_at(AT_FDCWD, path);
	return there <= 0 ? there : state_bury(name);
}

/* The same for a caller without the lock, also for half a record, ".NAME". */
static int
remove_locked(int dir, const char *name, int (*fn)(int dir, const char *name))
{
	const char *box = name + (*name == '.');
	int lock, result;

	if (say_modes() & SAY_DRY)
		return fn(dir, name);
	if ((lock = lock_try(state_lock(box))) < 0)
		return -1;
	/* By the lock box-gc finds them. */
	if (remove_state(box) < 0)
		return close_keep(lock);
	result = fn(dir, name);
	lock_remove(state_lock(box), lock);
	return result;
}

static int
is_record(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int
is_half(const struct dirent *e)
{
	return e->d_name[0] == '.' && e->d_name[1] && e->d_name[1] != '.';
}

/* Removes what killed keepers were writing. */
static void
remove_halves(int dir)
{
	struct dirent **list;
	const int n = scandirat(dir, ".", &list, is_half, NULL);

	for (int i = 0; i < n; i++) {
		remove_locked(dir, list[i]->d_name, remove_record);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

struct record {
	char *name;
	time_t ended;
};

/* The last one first. */
static int
compare(const void *a, const void *b)
{
	const struct record *r = a, *s = b;

	return (r->ended < s->ended) - (r->ended > s->ended);
}

static void
prune(int dir)
{
	const time_t now = time(NULL);
	struct record *records = NULL;
	struct dirent **list;
	struct stat st;
	const int n = scandirat(dir, ".", &list, is_record, NULL);

	remove_halves(dir);
	if (n > 0 && !(records = calloc((size_t)n, sizeof(*records))))
		die("calloc");
	for (int i = 0; i < n; i++) {
		records[i].name = list[i]->d_name;
		if (fstatat(dir, list[i]->d_name, &st, AT_SYMLINK_NOFOLLOW) ==
		    0)
			records[i].ended = st.st_mtime;
	}
	if (n > 0)
		qsort(records, (size_t)n, sizeof(*records), compare);
	for (int i = 0; i < n; i++)
		if (i >= MOST || records[i].ended < now - WEEK)
			remove_locked(dir, records[i].name,
			    is_made_up(dir, records[i].name) ? remove_both
							     : remove_record);
	for (int i = 0; i < n; i++)
		free(list[i]);
	if (n >= 0)
		free(list);
	free(records);
}

void
ended_put(const char *name, const struct ended *e)
{
	char *text = record_text(e);
	const int dir = open_records(true);

	if (dir < 0 || write_record(dir, name, text) < 0)
		warn("write %s/" DIR_NAME "/%s", state_dir(), name);
	free(text);
	if (dir < 0)
		return;
	prune(dir);
	close(dir);
}

void
ended_drop(const char *name)
{
	char path[PATH_MAX];

	path_fmt(path, sizeof(path), "%s/" DIR_NAME "/%s", state_dir(), name);
	if (unlink(path) < 0 && errno != ENOENT)
		warn("remove %s", path);
}

bool
ended_there(const char *name)
{
	const int dir = open_records(false);
	const bool there =
	    dir >= 0 && faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	close_keep(dir);
	return there;
}

int
ended_remove(const char *name)
{
	const int dir = open_records(false);
	int result;

	if (dir < 0 && errno != ENOENT)
		return -1;
	result = remove_locked(dir, name, remove_all);
	close_keep(dir);
	return result;
}

void
ended_prune(void)
{
	const int dir = open_records(false);

	if (dir < 0) {
		if (errno != ENOENT)
			warn("read %s/" DIR_NAME, state_dir());
		return;
	}
	prune(dir);
	close(dir);
}
