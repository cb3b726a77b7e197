// SPDX-License-Identifier: MIT
/* log - the directory of a box's log, and log-keep, which writes there */
#include "keep/log.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "box/lock.h"
#include "stage/stages.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *
log_place(const char *name)
{
	static char path[PATH_MAX];

	if (state_is_hosts())
		path_fmt(path, sizeof(path), "/var/log/box/%s", name);
	else
		path_fmt(path, sizeof(path), "%s/log/%s", state_dir(), name);
	return path;
}

const char *
log_make(const char *dir, const char *name)
{
	const char *path = dir ? dir : log_place(name);
	char *real;

	if (say(SAY_SH, "mkdir -p %s", say_word(path)) &&
	    make_dirs(path, 0700) < 0) {
		if (dir)
			die_said();
		state_die("%s", said());
	}
	real = say_modes() & SAY_DRY ? strdup(path) : realpath(path, NULL);
	if (!real)
		die("realpath %s", path);
	return real;
}

int
log_open(int dir, const char *path, int flags)
{
	/* O_NONBLOCK: do not wait for the reader of a fifo. */
	const int fd = openat(
	    dir, path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return fd;
	errno = EINVAL;
	return close_keep(fd);
}

char **
log_before(const char *dir, char *argv[])
{
	char self[PATH_MAX], path[PATH_MAX], **words;
	int argc = 0;

	while (argv[argc])
		argc++;
	words = calloc((size_t)argc + 3, sizeof(*words));
	if (!words || stage_dir(self) < 0)
		die("find log-keep");
	path_fmt(path, sizeof(path), "%slog-keep", self);
	if (!(words[0] = strdup(path)) || !(words[1] = strdup(dir)))
		die("strdup");
	memcpy(words + 2, argv, (size_t)argc * sizeof(*argv));
	return words;
}
