/* Files of a box or a host, and a variable: the first letter chooses the
 * reader. */
#include "base/parse.h"
#include "box/state.h"
#include "fuzz.h"
#include "net/resolv.h"
#include "payload/user.h"
#include "stage/inherit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A box's state, below the working directory. */
static void
put_state(const char *text, size_t size)
{
	static char dir[] = "state.XXXXXX";
	static char path[80];
	int fd;

	if (!*path) {
		if (!mkdtemp(dir) || setenv("BOX_STATE", dir, 1) < 0)
			abort();
		snprintf(path, sizeof(path), "%s/box", dir);
		if (mkdir(path, 0700) < 0)
			abort();
		snprintf(path, sizeof(path), "%s/box/keeper", dir);
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void
pid_of_box(void)
{
	pid_t pid = 0;
	const int fd = state_pidfd("box", "keeper", &pid);

	if (fd >= 0 && pid <= 0)
		abort();
	if (fd >= 0)
		close(fd);
}

/* No descriptor of ours is closed: the list may name any. */
static void
receive(const char *list)
{
	fuzz_keep_open(true);
	if (setenv("BOX_FDS", list, 1) < 0)
		abort();
	inherit_receive();
	if (getenv("BOX_FDS") || inherit_fd(INHERIT_DOOR) > 1 << 20)
		abort();
}

static void
read_file(char *text, size_t size)
{
	struct resolv r = {.word = size && text[0] == 'r' ? "auto" : "host"};
	static struct user user;
	uint32_t addr[RESOLV_MAX];

	if (size < 1)
		return;
	switch (*text++) {
	case 'u':
		fuzz_instead("/etc/passwd", text, size - 1);
		user_get(&user, "name", true);
		break;
	case 'g':
		fuzz_instead("/etc/group", text, size - 1);
		user_get(&user, "7:name", false);
		break;
	case 'm':
		fuzz_instead("/etc/group", text, size - 1);
		user_add_group(&user, "name");
		break;
	case 'r':
	case 'R':
		fuzz_instead("/etc/resolv.conf", text, size - 1);
		if (resolv_servers(&r, addr) > RESOLV_MAX)
			abort();
		break;
	case 's':
		put_state(text, size - 1);
		pid_of_box();
		break;
	case 'f':
		receive(text);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_run(read_file, data, size);
	fuzz_keep_open(true);
	for (int kind = 0; kind < INHERIT_KINDS; kind++)
		inherit_drop((enum inherit_kind)kind);
	fuzz_keep_open(false);
	return 0;
}
