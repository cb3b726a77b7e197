/* A message to the doorman, as a box's stages send it: the first byte is the
 * request, the second has the modes and a descriptor. */
#include "stage/door.h"
#include "base/fdpass.h"
#include "base/say.h"
#include "fuzz.h"

/* Its counts of what a box has had begin anew with each input. */
#include "spawn/doorman.c"

static int ends[2];

static void
message(char *text, size_t size)
{
	static struct door_request req;
	const size_t n = size < 2 ? 0 : size - 2;
	char *to = req.path;
	size_t room;

	links = roots = binds = files = names = ttys = 0;
	doorman_start(&(struct doorman){.box = getpid(),
	    .newpid = true,
	    .newns = true,
	    .newnet = true,
	    .newuser = true,
	    .shift = size && text[1] & 8,
	    .tty_only = size && text[1] & 16,
	    .console = -1});
	memset(&req, 0, sizeof(req));
	if (size < 2)
		return;
	req.version = DOOR_VERSION;
	req.op = (unsigned char)text[0];
	req.modes = (unsigned char)text[1] & SAY_TRACE;
	/* Nothing of the machine's is changed. */
	if (req.op == DOOR_VETH || req.op == DOOR_USER) {
		req.modes |= SAY_DRY;
		to = (char *)&req.veth;
	}
	room = (size_t)((char *)(&req + 1) - to);
	memcpy(to, text + 2, n < room ? n : room);
	if (text[1] & 32 ||
	    fd_send(ends[1], &req, sizeof(req), text[1] & 4 ? ends[1] : -1) < 0)
		/* One of another size. */
		send(ends[1], &req, n, 0);
	doorman_serve(ends[0]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, ends) < 0)
		abort();
	fuzz_run(message, data, size);
	/* The doorman may have closed its end. */
	shutdown(ends[1], SHUT_RDWR);
	close(ends[1]);
	if (fcntl(ends[0], F_GETFD) >= 0)
		close(ends[0]);
	return 0;
}
