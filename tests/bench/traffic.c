// SPDX-License-Identifier: MIT
/*
 * traffic - the rates of a server behind a path
 *
 *	traffic serve PORT
 *	traffic ask ADDR PORT SECONDS
 *	traffic small ADDR PORT SECONDS
 *
 * The server answers each byte of a connection: "r" with 1 kB, "b" with 64 MB.
 * The client prints the requests per second, of one connection after the other
 * with 100 requests each, and then the MB per second of connections with one
 * "b"; with "small" the former alone.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SMALL 1000
#define LARGE (64 << 20)

static char buffer[1 << 16];

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

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (bind(s, (const struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(s, 64) < 0)
		err(125, "port %s", port);
	for (;;) {
		const int fd = accept(s, NULL, NULL);

		if (fd < 0)
			err(125, "accept");
		while (answer(fd))
			;
		close(fd);
	}
}

/* N answers of one connection. */
static void
ask(const struct sockaddr_in *a, char what, int n)
{
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (const struct sockaddr *)a, sizeof(*a)) < 0)
		err(1, "connect");
	while (n-- > 0) {
		long left = what == 'b' ? LARGE : SMALL;

		if (write(fd, &what, 1) != 1)
			err(1, "write");
		while (left > 0) {
			const ssize_t got = read(fd, buffer, sizeof(buffer));

			if (got <= 0)
				err(1, "read");
			left -= got;
		}
	}
	close(fd);
}

/* The answers per second. */
static double
rate(const struct sockaddr_in *a, char what, int each, double seconds)
{
	const double begin = now();
	double end;
	long n = 0;

	do {
		ask(a, what, each);
		n += each;
		end = now();
	} while (end - begin < seconds);
	return (double)n / (end - begin);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a;
	bool large;

	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		serve(argv[2]);
	large = argc == 5 && strcmp(argv[1], "ask") == 0;
	if (!large && (argc != 5 || strcmp(argv[1], "small") != 0))
		errx(125, "usage: traffic serve PORT | ask ADDR PORT SECONDS | "
			  "small ADDR PORT SECONDS");
	a = address(argv[2], argv[3]);
	printf("%.0f", rate(&a, 'r', 100, atof(argv[4])));
	if (large)
		printf(" %.0f", rate(&a, 'b', 1, atof(argv[4])) * LARGE / 1e6);
	putchar('\n');
	return 0;
}
