// SPDX-License-Identifier: MIT
/*
 * traffic - the rates of servers behind paths
 *
 *	traffic serve PORT [pinned]
 *	traffic ask ROUNDS SECONDS ADDR PORT [ADDR PORT]...
 *	traffic small ADDR PORT SECONDS
 *
 * The server answers each byte of a connection: "r" with 1 kB, "b" with 1 MB.
 *
 * "ask" has the servers in turns, each for SECONDS of three kinds: requests in
 * one connection, requests with a connection each, and bulk.  It prints a line
 * each: round, number of the server, kind, and requests per second, or MB per
 * second.  A server that does not answer is asked no more.
 *
 * There server and client are pinned to one processor.  Between two, what the
 * scheduler chooses, and the time until an idle one wakes up, change the rates
 * of short requests by a factor of three, and hide the path.
 *
 * "small" prints the requests per second, of connections with 100 requests.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SMALL 1000
#define LARGE (1 << 20)

static char buffer[1 << 16];

/* The last processor that there is for all. */
static void
use_one_processor(void)
{
	cpu_set_t set;
	int cpu = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		err(125, "sched_getaffinity");
	while (!CPU_ISSET(cpu, &set))
		cpu--;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		err(125, "sched_setaffinity");
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct sockaddr_in
address(const char *addr, const char *port)
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_port = htons((in_port_t)atoi(port))};

	if (inet_pton(AF_INET, addr, &a.sin_addr) != 1)
		errx(125, "%s: not an address", addr);
	return a;
}

static bool
answer(int fd)
{
	char what;
	long left;

	if (read(fd, &what, 1) != 1)
		return false;
	left = what == 'b' ? LARGE : SMALL;
	while (left > 0) {
		const ssize_t n = write(fd, buffer,
		    left < (long)sizeof(buffer) ? (size_t)left
						: sizeof(buffer));

		if (n < 0)
			return false;
		left -= n;
	}
	return true;
}

static void
serve(const char *port)
{
	const struct sockaddr_in a = address("0.0.0.0", port);
	const int s = socket(AF_INET, SOCK_STREAM, 0);

	signal(SIGPIPE, SIG_IGN);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	if (bind(s, (const struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(s, 64) < 0)
		err(125, "port %s", port);
	for (;;) {
		const int fd = accept(s, NULL, NULL);

		if (fd < 0)
			continue;
		while (answer(fd))
			;
		close(fd);
	}
}

/* A connection, or -1.  Its end is a reset, which leaves no port in TIME_WAIT.
 */
static int
reach(const struct sockaddr_in *a)
{
	const struct timeval longest = {.tv_sec = 5};
	const struct linger reset = {.l_onoff = 1};
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof(longest));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof(longest));
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	if (connect(fd, (const struct sockaddr *)a, sizeof(*a)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* One answer. */
static bool
ask(int fd, char what)
{
	long left = what == 'b' ? LARGE : SMALL;

	if (write(fd, &what, 1) != 1)
		return false;
	while (left > 0) {
		const ssize_t got = read(fd, buffer, sizeof(buffer));

		if (got <= 0)
			return false;
		left -= got;
	}
	return true;
}

static int
shorter(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static const struct kind {
	const char *name;
	char what;
	bool anew;
	int batch; /* of about a millisecond */
	double factor;
} kinds[] = {{"requests", 'r', false, 16, 1}, {"connections", 'r', true, 4, 1},
    {"bulk", 'b', false, 1, LARGE / 1e6}};

/* The answers per second of a batch that other programs do not disturb: that of
 * the 25th percentile of all batches' times; or -1. */
static double
rate(const struct sockaddr_in *a, const struct kind *kind, double seconds)
{
	static double times[1 << 14];
	const double begin = now();
	double last = begin;
	size_t n = 0;
	int fd = reach(a);

	do {
		for (int i = 0; i < kind->batch; i++) {
			if (fd < 0 || !ask(fd, kind->what)) {
				warn("%s port %d", inet_ntoa(a->sin_addr),
				    ntohs(a->sin_port));
				close(fd);
				return -1;
			}
			if (kind->anew) {
				close(fd);
				fd = reach(a);
			}
		}
		times[n] = now() - last;
		last += times[n++];
	} while (last - begin < seconds && n < sizeof(times) / sizeof(*times));
	close(fd);
	qsort(times, n, sizeof(*times), shorter);
	return kind->batch / times[n / 4];
}

static void
ask_all(int rounds, double seconds, char **servers, int n)
{
	bool gone[64] = {false};

	for (int i = 0; i < rounds * n; i++) {
		/* Each server comes after each other one. */
		const int server = (i + i / n) % n;
		const struct sockaddr_in a =
		    address(servers[2 * server], servers[2 * server + 1]);

		for (int k = 0; k < 3 && !gone[server]; k++) {
			const double found = rate(&a, &kinds[k], seconds);

			gone[server] = found < 0;
			if (found >= 0)
				printf("%d\t%d\t%s\t%.1f\n", i / n, server,
				    kinds[k].name, found * kinds[k].factor);
		}
	}
}

static void
ask_small(const struct sockaddr_in *a, double seconds)
{
	const double begin = now();
	double end;
	long n = 0;

	do {
		const int fd = reach(a);

		for (int i = 0; i < 100; i++, n++)
			if (fd < 0 || !ask(fd, 'r'))
				err(1, "request");
		close(fd);
		end = now();
	} while (end - begin < seconds);
	printf("%.0f\n", (double)n / (end - begin));
}

int
main(int argc, char **argv)
{
	const char *const what = argc > 1 ? argv[1] : "";

	if ((argc == 3 || argc == 4) && strcmp(what, "serve") == 0) {
		if (argc == 4)
			use_one_processor();
		serve(argv[2]);
	} else if (argc == 5 && strcmp(what, "small") == 0) {
		const struct sockaddr_in a = address(argv[2], argv[3]);

		ask_small(&a, atof(argv[4]));
	} else if (argc >= 6 && argc <= 4 + 2 * 64 && argc % 2 == 0 &&
		   strcmp(what, "ask") == 0) {
		use_one_processor();
		ask_all(atoi(argv[2]), atof(argv[3]), argv + 4, (argc - 4) / 2);
	} else {
		errx(125,
		    "usage: traffic serve PORT [pinned] | small ADDR PORT "
		    "SECONDS | ask ROUNDS SECONDS ADDR PORT [ADDR PORT]...");
	}
	return 0;
}
