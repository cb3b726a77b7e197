/* shim - stands for each program of the host, and fails in its place
 *
 *	NAME [ARGUMENT]...
 *
 * A symbolic link to this program has the NAME of a program. FARM, the
 *directory of this file, has for each one real/NAME, the program itself. A run
 *adds the line NAME to FARM/log. FARM/fault is "NAME N MODE": at the N-th run
 *of NAME comes a fault.
 *
 *	exit	status 1, with a word of its own
 *	lock	status 4, as iptables has it if another program holds the lock
 *	kill	dies of SIGKILL at once
 *	after	the same, when all is done
 *	hang	does not end
 *	gone	is not there: the run before has removed the link */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>

static char farm[3000];

static void
die(const char *text)
{
	fprintf(stderr, "shim: %s: %s\n", text, strerror(errno));
	exit(99);
}

static FILE *
open_file(const char *name, const char *mode)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", farm, name);
	return fopen(path, mode);
}

/* Adds a run of NAME, and returns its number. */
static int
count(const char *name)
{
	char line[128];
	FILE *log = open_file("log", "ae");
	int n = 0;

	if (!log)
		die("log");
	fprintf(log, "%s\n", name);
	fclose(log);
	log = open_file("log", "re");
	while (log && fgets(line, sizeof(line), log)) {
		line[strcspn(line, "\n")] = '\0';
		n += strcmp(line, name) == 0;
	}
	if (log)
		fclose(log);
	return n;
}

static void
fault(const char *name, const char *mode, char *argv[], const char *real)
{
	FILE *hit = open_file("hit", "we");

	if (hit)
		fclose(hit);
	if (strcmp(mode, "exit") == 0) {
		fprintf(stderr, "%s: broken\n", name);
		exit(1);
	}
	if (strcmp(mode, "lock") == 0) {
		fputs("Another app is currently holding the xtables lock.\n",
		    stderr);
		exit(4);
	}
	if (strcmp(mode, "after") == 0) {
		if (fork() == 0) {
			execv(real, argv);
			_exit(127);
		}
		wait(NULL);
	}
	while (strcmp(mode, "hang") == 0)
		pause();
	kill(getpid(), SIGKILL);
}

int
main(int argc, char *argv[])
{
	const char *path = (const char *)getauxval(AT_EXECFN);
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	char real[4096], which[64] = "", mode[8] = "";
	ssize_t n = readlink("/proc/self/exe", farm, sizeof(farm) - 1);
	int at = 0, run;
	FILE *f;

	(void)argc;
	if (n < 0)
		die("readlink");
	*strrchr(farm, '/') = '\0';
	snprintf(real, sizeof(real), "%s/real/%s", farm, name);
	f = open_file("fault", "re");
	if (f && fscanf(f, "%63s %d %7s", which, &at, mode) != 3)
		*which = '\0';
	if (f)
		fclose(f);
	run = count(name);
	if (strcmp(which, name) == 0 && strcmp(mode, "gone") == 0) {
		if (run == at - 1 && unlink(path) < 0)
			die(path);
	} else if (strcmp(which, name) == 0 && run == at) {
		fault(name, mode, argv, real);
	}
	execv(real, argv);
	die(real);
}
