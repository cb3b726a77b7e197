// SPDX-License-Identifier: MIT
/*
 * hog - takes all that it gets of one resource, and goes on
 *
 *	hog KIND [MOST]
 *
 * At the first refusal it prints KIND, the number that it has, and the error's
 * name, once, and then asks for more without a pause, until it is killed. With
 * MOST it ends there, or when it has as many. Static, as it runs in any root
 * directory.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define BLOCK (1 << 20)

static bool bounded; /* by MOST */

/* take_KIND: takes the Nth one; false with errno if it was refused. */

/* With MOST the children end at once; else they do the same, silently. */
static bool
take_processes(int n)
{
	const pid_t pid = fork();

	(void)n;
	if (pid == 0 && bounded)
		_exit(0);
	while (pid == 0)
		fork();
	return pid > 0;
}

/* A process that takes memory until it is killed. */
static bool
take_memory(int n)
{
	int status;
	pid_t pid;

	(void)n;
	pid = fork();
	if (pid == 0)
		for (;;) {
			void *at = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

			if (at == MAP_FAILED)
				_exit(0);
		}
	waitpid(pid, &status, 0);
	errno = ENOMEM;
	return false;
}

static bool
take_descriptors(int n)
{
	(void)n;
	return open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool
take_files(int n)
{
	static char block[BLOCK];
	char path[40];
	bool done;
	int fd;

	snprintf(path, sizeof(path), "hog.%d", n);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	done = write(fd, block, sizeof(block)) == sizeof(block);
	close(fd);
	return done;
}

/* The reader is slow: nothing is refused. */
static bool
take_log(int n)
{
	static char lines[1 << 16];

	(void)n;
	if (!*lines) {
		memset(lines, 'x', sizeof(lines));
		for (size_t i = 79; i < sizeof(lines); i += 80)
			lines[i] = '\n';
	}
	return write(STDOUT_FILENO, lines, sizeof(lines)) > 0;
}

/* One flow of connection tracking for each port. */
static bool
take_flows(int n)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((in_port_t)(20000 + n % 40000))};
	static int fd = -1;

	if (fd < 0)
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	inet_pton(
	    AF_INET, n / 40000 % 2 ? "192.0.2.3" : "192.0.2.2", &to.sin_addr);
	/* A refused port of the last datagram is an error of this one. */
	sendto(fd, "", 1, 0, (const struct sockaddr *)&to, sizeof(to));
	errno = EAGAIN;
	return n < 6000;
}

static bool
take_inotify(int n)
{
	(void)n;
	return inotify_init1(IN_CLOEXEC) >= 0;
}

static bool
take_terminals(int n)
{
	(void)n;
	return open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC) >= 0;
}

static bool
take_keys(int n)
{
	char name[40];

	snprintf(name, sizeof(name), "hog-%d-%d", getpid(), n);
	/* KEY_SPEC_PROCESS_KEYRING: the key ends with this process. */
	return syscall(SYS_add_key, "user", name, "x", 1, -2) >= 0;
}

/* Time alone, to compare with. */
static bool
take_time(int n)
{
	while (n >= 0)
		;
	return true;
}

static const struct kind {
	const char *name;
	bool (*take)(int n);
} kinds[] = {{"processes", take_processes}, {"memory", take_memory},
    {"descriptors", take_descriptors}, {"files", take_files}, {"log", take_log},
    {"flows", take_flows}, {"inotify", take_inotify},
    {"terminals", take_terminals}, {"keys", take_keys}, {"time", take_time}};

static void
take(const struct kind *k, int most)
{
	bool said = false;
	int n = 0;

	while (n < most) {
		if (k->take(n)) {
			n++;
			continue;
		}
		if (!said)
			printf(
			    "%s %d %s\n", k->name, n, strerrorname_np(errno));
		said = true;
		if (bounded)
			return;
	}
	printf("%s %d\n", k->name, n);
}

int
main(int argc, char *argv[])
{
	struct rlimit files;

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	bounded = argc > 2;
	for (size_t i = 0; argc > 1 && i < COUNT(kinds); i++)
		if (strcmp(argv[1], kinds[i].name) == 0) {
			take(&kinds[i], bounded ? atoi(argv[2]) : INT_MAX);
			return 0;
		}
	errx(125, "usage: the comment at the top of hog.c");
}
