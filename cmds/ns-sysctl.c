// SPDX-License-Identifier: MIT
/*
 * ns-sysctl - sysctls of the box's own namespaces
 *
 * The kernel shows each process the values of its own network and ipc
 * namespace.  Outside of a box, or where the box shares a namespace, the same
 * write would change the host.  So the list of allowed names says which
 * namespace has the value, and ns-spawn says which namespaces it made.
 */
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "ns/ns.h"
#include "stage/chain.h"
#include "stage/opt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct opt opts[] = {{0}};
static const struct tool tool = {
    "ns-sysctl", "KEY=VALUE ... prog [arg ...]", opts, SAY_SH};

/* Below /proc/sys; a name with a "/" at its end stands for all below it. */
static const struct {
	const char *name;
	enum ns_kind kind;
} allowed[] = {
    {"net/", NS_NET},
    {"fs/mqueue/", NS_IPC},
    {"kernel/msgmax", NS_IPC},
    {"kernel/msgmnb", NS_IPC},
    {"kernel/msgmni", NS_IPC},
    {"kernel/sem", NS_IPC},
    {"kernel/shm_rmid_forced", NS_IPC},
    {"kernel/shmall", NS_IPC},
    {"kernel/shmmax", NS_IPC},
    {"kernel/shmmni", NS_IPC},
};

/* Whether no component of PATH is empty, "." or "..". */
static bool
is_plain(const char *path)
{
	for (size_t len;; path += len + 1) {
		len = strcspn(path, "/");
		if (len == 0 || (len <= 2 && strspn(path, ".") == len))
			return false;
		if (!path[len])
			return true;
	}
}

/* The path of WORD's key below /proc/sys, malloc'ed.  As in sysctl(8), if the
 * key's first separator is a dot, dots separate and a slash is a dot. */
static char *
path_of(const char *word)
{
	char *path = text_fmt("%.*s", (int)strcspn(word, "="), word);
	const char *first = strpbrk(path, "./");

	if (first && *first == '.')
		for (char *p = path; *p; p++)
			*p = (char)(*p == '.' ? '/' : *p == '/' ? '.' : *p);
	return path;
}

/* Dies unless WORD is for a namespace that is the box's own. */
static void
check(const char *word)
{
	const size_t n = sizeof(allowed) / sizeof(*allowed);
	char *path = path_of(word);
	size_t i, len;

	for (i = 0; i < n; i++) {
		len = strlen(allowed[i].name);
		if (strncmp(path, allowed[i].name, len) == 0 &&
		    (allowed[i].name[len - 1] == '/' || !path[len]))
			break;
	}
	if (i == n || !is_plain(path))
		diex("%s: only net.*, fs.mqueue.* and kernel.{msg,sem,shm}* "
		     "are values of a namespace",
		    word);
	free(path);
	if (say_modes() & SAY_DRY)
		return;
	if (!(ns_new() & ns_types[allowed[i].kind].flag)) {
		errno = 0;
		die_hint("ns-spawn in front, with a namespace of this kind",
		    "%s: the %s namespace is not the box's own", word,
		    ns_types[allowed[i].kind].name);
	}
}

static int
open_value(const char *path)
{
	const struct open_how how = {.flags = O_WRONLY | O_CLOEXEC,
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
	const int dir = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd;

	if (dir < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
	close_keep(dir);
	return fd;
}

static void
set(const char *word)
{
	/* As sysctl(8): the kernel overlooks a write of no bytes. */
	char *value = text_fmt("%s\n", strchr(word, '=') + 1);
	const size_t len = strlen(value);
	char *path = path_of(word);
	int fd;

	if (!say(SAY_SH, "sysctl -w %s", say_word(word)))
		return;
	fd = open_value(path);
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		die_hint("this value is the whole host's", "%s", said());
	if (fd < 0 && errno == ENOENT)
		die_hint("no such value, or this kernel does not show the "
			 "value in a user namespace",
		    "%s", said());
	if (fd < 0 || write(fd, value, len) != (ssize_t)len)
		die_said();
	close(fd);
	free(path);
	free(value);
}

int
main(int argc, char *argv[])
{
	int n = 0;

	tool_start(&tool);
	while (opt_next(&tool, argc, argv) != -1)
		;
	argv += optind;
	/* As env(1) has it: a word with "=" is no program. */
	while (argv[n] && strchr(argv[n], '='))
		check(argv[n++]);
	if (n == 0 || !argv[n])
		opt_usage(&tool);
	for (int i = 0; i < n; i++)
		set(argv[i]);
	argv += n;
	say_next(argv);
	chain(argv);
}
