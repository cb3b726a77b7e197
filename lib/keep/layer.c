// SPDX-License-Identifier: MIT
/*
 * layer - the changes of a named box to its root directory
 *
 * A layer outlives the box, so it is on disk, not in /run; an overlay cannot
 * have one in memory with the ids of a box on all kernels.  A layer fits one
 * root directory only: over another one the files would not belong together.
 */
#include "keep/layer.h"
#include "base/die.h"
#include "base/file.h"
#include "base/run.h"
#include "base/say.h"
#include "box/lock.h"
#include "ns/idmap.h"
#include "stage/stages.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *
layer_place(const char *name)
{
	static char path[PATH_MAX];

	if (state_is_hosts())
		path_fmt(path, sizeof(path), "/var/lib/box/%s", name);
	else
		path_fmt(path, sizeof(path), "%s/layer/%s", state_dir(), name);
	return path;
}

bool
layer_there(const char *name)
{
	return look_at(AT_FDCWD, layer_place(name)) != 0;
}

/* Opens the layer's directory; dies if others may have written it. */
static int
open_layer(const char *path)
{
	const int dir =
	    open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir >= 0 ? is_own(dir, S_IFDIR) : errno == ENOENT)
		return dir;
	diex("%s is not a directory that only its owner, this user, may write",
	    path);
}

/* The absolute path of the directory ROOT, malloc'ed. */
static char *
real_dir(const char *root)
{
	char *real = realpath(root, NULL);
	struct stat st;

	if (!real || stat(real, &st) < 0)
		die("--layer %s", root);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		die("--layer %s", root);
	}
	return real;
}

void
layer_make(const char *name, const char *root, bool *made)
{
	const char *path = layer_place(name);
	char *real = real_dir(root), old[PATH_MAX] = "";
	const int dir = open_layer(path);

	if (dir >= 0 && readlinkat(dir, "root", old, sizeof(old) - 1) > 0 &&
	    strcmp(old, real) != 0) {
		errno = 0;
		die_hint("box-rm removes the layer, or take another --name",
		    "--layer: that of %s is over %s, not over %s", name, old,
		    real);
	}
	close_keep(dir);
	*made = dir < 0;
	if (!*old && say(SAY_SH, "mkdir -p -m 700 %s", say_word(path)) &&
	    make_dirs(path, 0700) < 0)
		state_die("%s", said());
	if (!*old &&
	    say(SAY_SH, "ln -s %s %s/root", say_word(real), say_word(path)) &&
	    symlink(real, text_fmt("%s/root", path)) < 0)
		state_die("%s", said());
	free(real);
}

/* An ordinary user has power over the files of a layer, which belong to ids of
 * the user's range, in a user namespace only. */
static int
remove_mapped(const char *path)
{
	const char *argv[] = {"ns-spawn", "--only", "user", "--map", "auto",
	    "rm", "-rf", "--", path, NULL};
	char program[PATH_MAX], why[256];

	if (!say(SAY_SH, "%s", say_words((char **)argv)))
		return 0;
	if (stage_dir(program) < 0)
		return -1;
	argv[0] = text_fmt("%s%s", program, argv[0]);
	/* The process that removes is no box's first, and writes no fact. */
	unsetenv("BOX_NAME");
	if (run((char **)argv, NULL, why, sizeof(why)) == 0)
		return 0;
	warnx("%s", why);
	errno = EACCES;
	return -1;
}

int
layer_remove(const char *name)
{
	const char *path = layer_place(name);
	const int there = look_at(AT_FDCWD, path);

	if (there <= 0)
		return there;
	if (!idmap_is_root())
		return remove_mapped(path);
	return say(SAY_SH, "rm -r %s", say_word(path)) ? remove_deep(path) : 0;
}
