// SPDX-License-Identifier: MIT
/*
 * view - a program's view of its container
 *
 *     view status     ids, groups, capabilities and the like: "NAME VALUE..."
 *     view mounts     "PATH OPTIONS TYPE"
 *     view dev        files in /dev: "PATH KIND MODE UID:GID [MAJOR:MINOR]"
 *     view writable   the files below /proc and /sys that open for writing
 *     view knobs      those of them that have a mode for it, but no process's
 *
 * Nothing in it is of one container: a process id is "self", "1" or "N".  A
 * file is opened and not written to.  Static, as it runs in any root directory.
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static FILE *
need(const char *path)
{
	FILE *f = fopen(path, "re");

	if (!f)
		err(1, "%s", path);
	return f;
}

static void
status(void)
{
	static const char *const names[] = {"Uid", "Gid", "Groups", "CapInh",
	    "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp"};
	FILE *f = need("/proc/self/status");
	char line[4096];

	while (fgets(line, sizeof(line), f)) {
		const size_t len = strcspn(line, ":");

		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
			char *save, *word = line + len + 1;

			if (strlen(names[i]) != len ||
			    strncmp(line, names[i], len) != 0)
				continue;
			fputs(names[i], stdout);
			for (word = strtok_r(word, " \t\n", &save); word;
			     word = strtok_r(NULL, " \t\n", &save))
				printf(" %s", word);
			putchar('\n');
		}
	}
	fclose(f);
}

static void
mounts(void)
{
	FILE *f = need("/proc/self/mountinfo");
	char line[4096], path[PATH_MAX], options[256], type[64], *rest;

	while (fgets(line, sizeof(line), f))
		if ((rest = strstr(line, " - ")) &&
		    sscanf(line, "%*d %*d %*s %*s %4095s %255s", path,
			options) == 2 &&
		    sscanf(rest, " - %63s", type) == 1)
			printf("%s %s %s\n", path, options, type);
	fclose(f);
}

/* Calls DO with each file below PATH, no link followed. */
static void
walk(const char *path, void (*each)(const char *, const struct stat *))
{
	DIR *dir = opendir(path);
	char sub[PATH_MAX];
	struct dirent *e;
	struct stat st;

	if (!dir)
		return;
	while ((e = readdir(dir))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (snprintf(sub, sizeof(sub), "%s/%s", path, e->d_name) >=
			(int)sizeof(sub) ||
		    lstat(sub, &st) < 0)
			continue;
		each(sub, &st);
		if (S_ISDIR(st.st_mode))
			walk(sub, each);
	}
	closedir(dir);
}

static void
device(const char *path, const struct stat *st)
{
	const mode_t m = st->st_mode;
	char to[PATH_MAX] = "";

	printf("%s %s %04o %u:%u", path,
	    S_ISCHR(m)	 ? "char"
	    : S_ISBLK(m) ? "block"
	    : S_ISDIR(m) ? "dir"
	    : S_ISLNK(m) ? "link"
			 : "file",
	    m & 07777u, st->st_uid, st->st_gid);
	if (S_ISCHR(m) || S_ISBLK(m))
		printf(" %u:%u", major(st->st_rdev), minor(st->st_rdev));
	if (S_ISLNK(m) && readlink(path, to, sizeof(to) - 1) > 0)
		printf(" %s", to);
	putchar('\n');
}

/* PATH with names for process ids; a thread's files stand for its process's,
 * and descriptors lose their numbers. */
static void
print_plain(const char *path)
{
	int pid, n;
	char self[16];

	if (sscanf(path, "/proc/%d%n", &pid, &n) == 1) {
		path += n;
		snprintf(self, sizeof(self), "/task/%d/", pid);
		if (strncmp(path, self, strlen(self)) == 0)
			path += strlen(self) - 1;
		printf("/proc/%s", pid == getpid() ? "self"
				   : pid == 1	   ? "1"
						   : "N");
		if (strncmp(path, "/fdinfo/", 8) == 0)
			path = "/fdinfo/N";
	}
	puts(path);
}

static void
try(const char *path, const struct stat *st)
{
	const int flags =
	    O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC;
	int fd;

	if (!S_ISREG(st->st_mode) || (fd = open(path, flags)) < 0)
		return;
	close(fd);
	print_plain(path);
}

static void
try_knob(const char *path, const struct stat *st)
{
	int pid;

	if ((st->st_mode & 0222) && sscanf(path, "/proc/%d/", &pid) != 1)
		try(path, st);
}

int
main(int argc, char *argv[])
{
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "status") == 0) {
		status();
	} else if (strcmp(what, "mounts") == 0) {
		mounts();
	} else if (strcmp(what, "dev") == 0) {
		walk("/dev", device);
	} else if (strcmp(what, "writable") == 0) {
		walk("/proc", try);
		walk("/sys", try);
	} else if (strcmp(what, "knobs") == 0) {
		walk("/proc", try_knob);
		walk("/sys", try_knob);
	} else {
		errx(1, "usage: view status|mounts|dev|writable|knobs");
	}
	return 0;
}
