// SPDX-License-Identifier: MIT
/*
 * log-keep - keep a program's output in files of a bounded size
 *
 * The program's stdout and stderr are a pipe.  log-keep always empties it,
 * because the program must not wait for a full disk.  Bytes that cannot be
 * written are lost and counted; a line in the log gives the number once there
 * is room.  A file ends with a whole line if the bytes read so far have one.
 */
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/say.h"
#include "keep/log.h"
#include "stage/chain.h"
#include "stage/opt.h"
#include "stage/resident.h"
#include "stage/title.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT_ONCE (64 * 1024) /* bytes; the default size of a pipe */

#define PAUSE 4 /* ms between two reads: at most 16 MB/s are kept */

enum { O_SIZE = OPT_LONG, O_FILES };

static const struct opt opts[] = {
    {O_SIZE, "size", "SIZE", "of a file, at most (1m)"},
    {O_FILES, "files", "N", "at most N: current, and 1 (younger) to N-1 (4)"},
    {0},
};
static const struct tool tool = {
    "log-keep", "DIR prog [arg ...]", opts, SAY_SH};

static const char *path;
static uint64_t max_size = 1 << 20, files = 4;
static int dir, file = -1;
static uint64_t size, lost;

static void
parse(int argc, char *argv[])
{
	int c;

	while ((c = opt_next(&tool, argc, argv)) != -1)
		switch (c) {
		case O_SIZE:
			max_size = parse_size("--size", optarg);
			if (max_size < 512)
				diex("--size: '%s' is less than 512", optarg);
			break;
		case O_FILES:
			files = parse_num("--files", optarg, 1, 1000);
			break;
		}
	if (!argv[optind] || !argv[optind + 1])
		opt_usage(&tool);
	path = argv[optind];
}

/* Counts LEN lost bytes; the first ones give a warning. */
static void
lose(size_t len)
{
	if (!lost)
		warn("write %s/current", path);
	lost += len;
}

/* The lock says that a log-keep writes there.  It is the file's, because other
 * users may be able to open the directory, and so to lock it.  Returns whether
 * we have it. */
static bool
open_file(void)
{
	struct stat st;

	file = log_open(dir, "current", O_WRONLY | O_CREAT | O_APPEND);
	if (file >= 0 && fstat(file, &st) == 0)
		size = (uint64_t)st.st_size;
	return file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0;
}

/* A log's N-th file; 0 is the current one. */
static const char *
file_name(uint64_t n, char *buf, size_t len)
{
	snprintf(buf, len, "%" PRIu64, n);
	return n ? buf : "current";
}

static void
rotate(void)
{
	char from[24], to[24];

	for (uint64_t n = files - 1; n > 0; n--)
		/* A file may not be there yet; open_file() sees a failure. */
		renameat(dir, file_name(n - 1, from, sizeof(from)), dir,
		    file_name(n, to, sizeof(to)));
	if (files == 1)
		unlinkat(dir, "current", 0);
	close(file);
	open_file();
	/* The old file could not be moved, and must not grow. */
	if (file >= 0 && size > 0) {
		close(file);
		file = -1;
	}
}

static bool
put(const char *buf, size_t len)
{
	const ssize_t n = file < 0 ? -1 : write(file, buf, len);

	if (n > 0)
		size += (uint64_t)n;
	if (n == (ssize_t)len)
		return true;
	if (n >= 0)
		errno = ENOSPC;
	lose(len - (n > 0 ? (size_t)n : 0));
	return false;
}

/* Writes the number of lost bytes into the log, if there are any.  False: the
 * file has no room for that. */
static bool
confess(void)
{
	const uint64_t n = lost;
	char line[80];

	if (!lost)
		return true;
	snprintf(line, sizeof(line),
	    "\nlog-keep: %" PRIu64 " bytes are missing here\n", n);
	if (size + strlen(line) > max_size)
		return false;
	lost = put(line, strlen(line)) ? 0 : n;
	return true;
}

/* The bytes of BUF that go into this file: whole lines, unless one is longer
 * than a file. */
static size_t
fitting(const char *buf, size_t len)
{
	const uint64_t room = max_size > size ? max_size - size : 0;
	const char *end;

	if (len <= room)
		return len;
	end = memrchr(buf, '\n', room);
	if (end)
		return (size_t)(end + 1 - buf);
	return size > 0 ? 0 : room;
}

static void
keep(const char *buf, size_t len)
{
	size_t n;

	if (file < 0)
		open_file();
	for (; len > 0 && file >= 0; buf += n, len -= n) {
		n = confess() ? fitting(buf, len) : 0;
		if (n > 0)
			put(buf, n);
		if (n < len)
			rotate();
	}
	if (len > 0)
		lose(len);
}

/* Reads a part of the pipe.  False: the pipe has ended. */
static bool
drain(int fd)
{
	char buf[AT_ONCE];
	const ssize_t n = read(fd, buf, sizeof(buf));

	if (n > 0)
		keep(buf, (size_t)n);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void
open_log(void)
{
	if (make_dirs(path, 0700) < 0)
		die("mkdir %s", path);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		die("open %s", path);
	if (open_file())
		return;
	if (file < 0)
		die("open %s/current", path);
	diex("%s: another log-keep writes there", path);
}

int
main(int argc, char *argv[])
{
	const pid_t self = getpid();
	struct resident r = {.ready = drain, .pause = PAUSE};
	int ends[2], status;

	tool_start(&tool);
	title_begin(argv);
	parse(argc, argv);
	argv += optind + 1;
	if (!say(SAY_SH, "mkdir -p %s && exec >>%s/current 2>&1",
		say_word(path), say_word(path)))
		say_next(argv);
	open_log();
	resident_begin();
	if (pipe2(ends, O_CLOEXEC) < 0)
		die("pipe");
	r.fd = ends[0];
	r.pid = fork();
	if (r.pid < 0)
		die("fork");
	if (r.pid == 0) {
		if (dup2(ends[1], 1) < 0 || dup2(ends[1], 2) < 0)
			die("dup2");
		resident_child();
		resident_die_with(self, SIGKILL);
		chain(argv);
	}
	close(ends[1]);
	status = resident_wait(&r);
	/* Only one pipe's worth: a process that outlives PROG may print for
	 * ever.  PROG may have changed the pipe's size. */
	if (fcntl(r.fd, F_SETFL, O_NONBLOCK) < 0)
		die("fcntl");
	for (int left = fcntl(r.fd, F_GETPIPE_SZ); left > 0; left -= AT_ONCE)
		drain(r.fd);
	return status;
}
