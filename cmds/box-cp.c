// SPDX-License-Identifier: MIT
/*
 * box-cp - copy files into a running box and out of it
 *
 * One process packs the files, another unpacks them, with a pipe between.  The
 * process in the box is ours, too, but confined as the box is, so that links in
 * the box lead to places in the box.  An archive from the box is hostile: no
 * name in it, and no link of an earlier copy, decides where on the host a byte
 * goes.
 */
#include "base/die.h"
#include "box/state.h"
#include "copy/inside.h"
#include "copy/pack.h"
#include "copy/place.h"
#include "copy/tar.h"
#include "stage/inherit.h"
#include "stage/opt.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct opt opts[] = {{0}};
static const struct tool tool = {"box-cp", "FROM TO", opts, SAY_SH};

/* One side: a path, or the standard stream. */
struct side {
	const char *word, *path;
	const char *box; /* its name; NULL: the host's path */
	bool stream;
	pid_t pid;
};
static struct side from, to;
static volatile sig_atomic_t stopped;

/* NAME:PATH; a path of the host's that has a colon can begin with "./". */
static struct side
parse(const char *word)
{
	const char *colon = strchr(word, ':');
	struct side s = {.word = word, .path = word};

	s.stream = strcmp(word, "-") == 0;
	if (!colon || !isalnum((unsigned char)*word) ||
	    memchr(word, '/', (size_t)(colon - word)))
		return s;
	/* Both strings live as long as the program. */
	s.box = strndup(word, (size_t)(colon - word));
	if (!s.box)
		die("strndup");
	state_name("NAME", s.box);
	if (asprintf((char **)&s.path, "%s%s", colon[1] == '/' ? "" : "/",
		colon + 1) < 0)
		die("asprintf");
	return s;
}

/* Copies stdin to stdout, until the end of stdin or of the reader. */
static void
relay(void)
{
	struct pollfd p[2] = {{.fd = 0, .events = POLLIN}, {.fd = 1}};
	char buf[64 * 1024];
	ssize_t n = 1;

	while (n > 0) {
		if (poll(p, 2, -1) < 0)
			die("poll");
		if (p[1].revents & POLLERR)
			exit(EXIT_TOOL);
		if (!p[0].revents)
			continue;
		n = read(0, buf, sizeof(buf));
		for (ssize_t done = 0, w; done < n; done += w) {
			w = write(1, buf + done, (size_t)(n - done));
			if (w < 0)
				die("write");
		}
	}
	if (n < 0)
		die("read");
}

static void
send(const struct names *names)
{
	if (from.stream)
		relay();
	else
		pack(stdout, names, from.box != NULL, from.word);
}

static void
receive(const struct names *names)
{
	const struct place p = {.path = to.path,
	    .word = to.word,
	    .base = names->base,
	    .links = to.box != NULL,
	    .owners = to.box != NULL,
	    .set_id = to.box != NULL};

	if (to.stream)
		relay();
	else
		place(stdin, &p);
	/* Read on, so that a tar that still writes can end well. */
	while (fgetc(stdin) != EOF)
		;
}

/* Prints roughly the command that a person would type. */
static bool
announce(const struct names *names)
{
	const char *pack_box[] = {"ns-enter", from.box, "tar", "-C", names->dir,
	    "-cf", "-", "--", names->base, NULL};
	const char *unpack_box[] = {
	    "ns-enter", to.box, "tar", "-C", to.path, "-xf", "-", NULL};
	char *left = say_words((char *const *)pack_box + (from.box ? 0 : 2));
	char *right = say_words((char *const *)unpack_box + (to.box ? 0 : 2));

	if (from.stream || to.stream)
		return say(SAY_SH, "%s", from.stream ? right : left);
	return say(SAY_SH, "%s | %s", left, right);
}

/* Kills the packing process: the unpacking one sees the end of the archive, and
 * removes its files. */
static void
stop(int sig)
{
	if (stopped)
		_exit(128 + sig);
	stopped = sig;
	kill(from.pid, SIGKILL);
}

/* Forks one side: FD is its end of the pipe, as descriptor AS. */
static pid_t
begin(const struct side *s, int fd, int as)
{
	pid_t pid;

	if (s->box)
		return inside_fork(fd);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0 && (dup2(fd, as) < 0 || close_range(3, ~0U, 0) < 0))
		die("dup2");
	return pid;
}

static void
begin_from(const struct names *names, int fd, const sigset_t *mask)
{
	from.pid = begin(&from, fd, 1);
	if (from.pid > 0)
		return;
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	send(names);
	exit(0);
}

/* The unpacking process leaves the signals blocked. */
static void
begin_to(const struct names *names, int fd)
{
	to.pid = begin(&to, fd, 0);
	if (to.pid > 0)
		return;
	receive(names);
	exit(0);
}

static int
ended(const struct side *s)
{
	int status;

	while (waitpid(s->pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	return exit_status(status);
}

/* The exit status; each side has printed its own errors. */
static int
result(void)
{
	const int sent = ended(&from), got = ended(&to);

	if (stopped)
		return 128 + stopped;
	/* SIGPIPE: the reader ends at the archive's end. */
	if (got == 0 && (sent == 0 || sent == 128 + SIGPIPE))
		return 0;
	if (sent == 0 && got == TAR_CUT)
		diex("%s: the archive ends too early", from.word);
	if (sent > 128 && sent != 128 + SIGPIPE)
		diex("%s: copying was ended by signal %d", from.word,
		    sent - 128);
	if (got > 128)
		diex("%s: copying was ended by signal %d", to.word, got - 128);
	return EXIT_TOOL;
}

static void
copy(const struct names *names)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	const struct sigaction act = {.sa_handler = stop};
	struct sigaction old;
	sigset_t blocked, mask;
	int ends[2];

	sigemptyset(&blocked);
	for (int i = 0; i < 3; i++)
		sigaddset(&blocked, signals[i]);
	if (sigprocmask(SIG_BLOCK, &blocked, &mask) < 0 ||
	    pipe2(ends, O_CLOEXEC) < 0)
		die("pipe");
	if (from.box)
		begin_to(names, ends[0]);
	begin_from(names, ends[1], &mask);
	if (!from.box)
		begin_to(names, ends[0]);
	close(ends[0]);
	close(ends[1]);
	for (int i = 0; i < 3; i++)
		if (sigaction(signals[i], NULL, &old) < 0 ||
		    (old.sa_handler != SIG_IGN &&
			sigaction(signals[i], &act, NULL) < 0))
			die("sigaction");
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

int
main(int argc, char *argv[])
{
	struct names names = {.base = "."};
	struct rlimit files;

	tool_start(&tool);
	while (opt_next(&tool, argc, argv) != -1)
		;
	if (argc - optind != 2)
		opt_usage(&tool);
	from = parse(argv[optind]);
	to = parse(argv[optind + 1]);
	if (!from.box == !to.box)
		diex("one of FROM and TO is a box's: NAME:PATH");
	if (!from.stream)
		names_of(&names, from.path);
	inherit_close_others();
	inside_find(from.box ? from.box : to.box);
	if (!announce(&names))
		return 0;
	/* One descriptor for each level of directories. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	copy(&names);
	return result();
}
