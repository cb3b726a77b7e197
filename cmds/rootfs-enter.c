// SPDX-License-Identifier: MIT
/*
 * rootfs-enter - mounts, pivot_root, then PROG, confined, in the new root
 *
 * Run inside a box, where it has no power over the host: what it needs of it,
 * a view of the directory with the box's ids, it asks of ns-spawn (box(7)).
 * Alone it takes a mount namespace of its own, as a chroot(8) that leaves
 * nothing behind.  Nothing of the new root is used before it is entered, so
 * names in it mean what they mean there.
 */
#include "caps.h"
#include "chain.h"
#include "confine.h"
#include "die.h"
#include "newroot.h"
#include "opt.h"
#include "parse.h"
#include "say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
	O_TMPFS = OPT_LONG,
	O_READ_ONLY,
	O_EPHEMERAL,
	O_OVERLAY,
	O_DNS,
	O_CAP_ADD,
	O_CAP_DROP,
	O_SECCOMP,
	O_NEW_PRIVS
};

static const struct opt opts[] = {
    {'v', "volume", "FROM:TO[:ro]", "show a directory or file of the host's"},
    {O_TMPFS, "tmpfs", "TO[:OPTIONS]", "an empty tmpfs there"},
    {O_READ_ONLY, "read-only", NULL, "the root directory, not the volumes"},
    {O_EPHEMERAL, "ephemeral", NULL, "throw away what is written to the root"},
    {O_OVERLAY, "overlay", "DIR", "keep what is written in DIR instead"},
    {O_DNS, "dns", "ADDR", "name server; host: this host's; none: the root's"},
    {'w', "workdir", "DIR", "working directory (default: /)"},
    {'u', "user", "USER[:GROUP]", "names or numbers (default: root)"},
    {'e', "env", "NAME[=VALUE]", "environment variable; alone: the caller's"},
    {O_CAP_ADD, "cap-add", "LIST", "keep these capabilities, too, or ALL"},
    {O_CAP_DROP, "cap-drop", "LIST", "drop these, too, or ALL"},
    {O_SECCOMP, "seccomp", "FILE", "filter of system calls; off: none"},
    {O_NEW_PRIVS, "new-privs", NULL, "let set-user-ID programs gain rights"},
    {0},
};
static const struct tool tool = {
    "rootfs-enter", "DIR prog [arg ...]", opts, SAY_SH};

#define PATH_DEFAULT \
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define MAX_ENV 256

static struct newroot root;
static struct confine box;
static const char *workdir = "/", *user_word, *filter;
static char *env[MAX_ENV + 1];
static unsigned n_env;

/* Where the variable of WORD, "NAME=...", is or would be. */
static unsigned
find_env(const char *word)
{
	const size_t len = strcspn(word, "=") + 1;
	unsigned i = 0;

	while (i < n_env && strncmp(env[i], word, len) != 0)
		i++;
	return i;
}

/* NAME=VALUE, in place of an earlier one of that NAME. */
static void
put_env(char *word)
{
	const unsigned i = find_env(word);

	if (i == MAX_ENV)
		diex("--env: more than %d variables", MAX_ENV);
	env[i] = word;
	if (i == n_env)
		n_env++;
}

/* NAME takes the caller's value, and nothing if there is none. */
static void
pass_env(const char *name)
{
	const char *value = getenv(name);
	char *word;

	if (!value)
		return;
	if (asprintf(&word, "%s=%s", name, value) < 0)
		die("asprintf");
	put_env(word);
}

static void
parse(int argc, char *argv[])
{
	int c;

	while ((c = opt_next(&tool, argc, argv)) != -1)
		switch (c) {
		case 'v':
			volume_add(&root.volumes, optarg);
			break;
		case O_TMPFS:
			volume_add_tmpfs(&root.volumes, optarg);
			break;
		case O_READ_ONLY:
			root.read_only = true;
			break;
		case O_EPHEMERAL:
			root.ephemeral = true;
			break;
		case O_OVERLAY:
			root.overlay = optarg;
			break;
		case O_DNS:
			resolv_add(&root.dns, optarg);
			break;
		case 'w':
			workdir = optarg;
			break;
		case 'u':
			user_word = optarg;
			break;
		case 'e':
			if (!*optarg || *optarg == '=')
				diex("--env: '%s' has no name", optarg);
			if (strchr(optarg, '='))
				put_env(optarg);
			else
				pass_env(optarg);
			break;
		case O_CAP_ADD:
			box.add |= caps_list("--cap-add", optarg);
			break;
		case O_CAP_DROP:
			box.drop |= caps_list("--cap-drop", optarg);
			break;
		case O_SECCOMP:
			filter = optarg;
			break;
		case O_NEW_PRIVS:
			box.new_privs = true;
			break;
		}
	if (!argv[optind] || !argv[optind + 1])
		opt_usage(&tool);
	if (root.ephemeral && root.overlay)
		diex("--ephemeral and --overlay exclude each other");
	root.dir = argv[optind];
	root.nosuid = !box.new_privs;
	box.no_filter = filter && strcmp(filter, "off") == 0;
}

/* PROG is to say when it is up (box-keep): in /dev, which is the box's own,
 * the socket leaves no trace in the root directory. */
static void
take_notify(void)
{
	static char to[] = "NOTIFY_SOCKET=/dev/notify";
	const char *path = env_or("BOX_NOTIFY", NULL);
	char *word;

	if (!path)
		return;
	if (asprintf(&word, "%s:%s", path, strchr(to, '/')) < 0)
		die("asprintf");
	volume_add(&root.volumes, word);
	put_env(to);
}

/* Who PROG is to be, by the files of the root that has been entered. */
static void
become_ready(struct user *user)
{
	char *home;

	user_get(user, user_word);
	if (asprintf(&home, "HOME=%s", user->home) < 0)
		die("asprintf");
	if (find_env(home) == n_env)
		put_env(home);
	if (chdir(workdir) < 0)
		die("--workdir %s", workdir);
}

int
main(int argc, char *argv[])
{
	struct user user;

	tool_start(&tool);
	/* From here to the exec of PROG nobody in the box may trace us or take
	 * our descriptors. */
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		die("prctl PR_SET_DUMPABLE");
	/* Before those of -e, which replace them. */
	put_env((char *)PATH_DEFAULT);
	pass_env("TERM");
	parse(argc, argv);
	take_notify();

	if (!box.no_filter)
		sysfilter_read(&box.filter, filter);
	newroot_enter(&root);
	if (!(say_modes() & SAY_DRY))
		become_ready(&user);
	confine(&box, &user);
	say_next(argv + optind + 1);
	environ = env;
	chain_last(argv + optind + 1);
}
