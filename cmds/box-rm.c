// SPDX-License-Identifier: MIT
/*
 * box-rm - removes what is kept of ended boxes: record, log and layer
 *
 * A log that --log has put elsewhere stays.  Without --force a running box is
 * not touched, and with a wrong name among them none is.
 */
#include "base/die.h"
#include "base/file.h"
#include "box/state.h"
#include "keep/ended.h"
#include "keep/layer.h"
#include "keep/log.h"
#include "stage/opt.h"
#include "stage/stages.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct opt opts[] = {
    {'f', "force", NULL, "stop those that run before"}, {0}};
static const struct tool tool = {"box-rm", "NAME ...", opts, SAY_SH};

/* Whether the box runs. */
static bool
check(const char *name, bool force)
{
	const bool alive = state_alive(state_name("NAME", name));

	errno = 0;
	if (alive && !force)
		die_hint("box-stop ends it, or --force", "%s is running", name);
	if (!alive && !ended_there(name) && !layer_there(name) &&
	    access(log_place(name), F_OK) < 0)
		diex("%s: nothing is kept of such a box", name);
	return alive;
}

/* Executes "box-stop NAME ...", our own. */
static void
stop(char *words[])
{
	char path[PATH_MAX];
	int status, e;
	pid_t pid;

	if (!say(SAY_SH, "%s", say_words(words)))
		return;
	if (stage_dir(path) < 0)
		die("find box-stop");
	words[0] = text_fmt("%s%s", path, words[0]);
	signal(SIGCHLD, SIG_DFL);
	e = posix_spawn(&pid, words[0], NULL, NULL, words, environ);
	if (e) {
		errno = e;
		die("%s", words[0]);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("wait for box-stop");
	if (status)
		exit(EXIT_TOOL);
}

int
main(int argc, char *argv[])
{
	static char program[] = "box-stop";
	char **running = calloc((size_t)argc + 1, sizeof(*running));
	bool force = false;
	int n = 0;

	tool_start(&tool);
	if (!running)
		die("calloc");
	while (opt_next(&tool, argc, argv) == 'f')
		force = true;
	if (!argv[optind])
		opt_usage(&tool);
	running[n++] = program;
	for (int i = optind; i < argc; i++)
		if (check(argv[i], force))
			running[n++] = argv[i];
	if (n > 1)
		stop(running);
	for (int i = optind; i < argc; i++)
		if (ended_remove(argv[i]) < 0)
			die("remove %s", argv[i]);
	free(running);
	return 0;
}
