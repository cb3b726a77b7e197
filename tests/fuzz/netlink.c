/* An answer to a request of rtnetlink(7). */
#include "fuzz.h"
#include "net/rtnl.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ends[2];

static void
answer(char *text, size_t size)
{
	struct netlink nl = {.fd = ends[0]};
	struct route route;
	struct link link;

	/* The kernel's answers are datagrams.  The last byte says which
	 * question. */
	if (size < 2 || send(ends[1], text, size - 1, 0) < 0)
		return;
	if (text[size - 1] & 1)
		link_get(&nl, 1, "veth0", &link);
	else
		route_get(&nl, 0x0a000002, 0, &route);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		ends) < 0)
		abort();
	fuzz_run(answer, data, size);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
