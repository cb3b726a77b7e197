// SPDX-License-Identifier: MIT
/*
 * rootfs-fstab - a root directory by a table, then PROG, confined, in it
 *
 * rootfs-enter decides what a box has; here the caller does, as an engine with
 * a table of its own.  Nothing is mounted that the table does not have, and
 * nothing is covered that no option names.  The rest is rootfs-enter's: the
 * hostile root directory, the door, the last steps to PROG.
 */
#include "base/die.h"
#include "base/say.h"
#include "ns/ns.h"
#include "payload/payload.h"
#include "payload/sealed.h"
#include "root/dev.h"
#include "root/fstab.h"
#include "root/inroot.h"
#include "root/mnt.h"
#include "root/nodes.h"
#include "root/pivot.h"
#include "stage/opt.h"

#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	O_FSTAB = OPT_LONG,
	O_DIR,
	O_DEVICE,
	O_LINK,
	O_MASK,
	O_FREEZE,
	O_READ_ONLY,
	O_PROPAGATION
};

static const struct opt opts[] = {
    {O_FSTAB, "fstab", "FILE", "the mounts, a line each: fstab(5)"},
    {O_DIR, "dir", "PATH", "make a directory, if it is missing"},
    {O_DEVICE, "device", "NODE", "PATH:c|b|p:MAJOR:MINOR[:MODE[:UID:GID]]"},
    {O_LINK, "link", "PATH:TARGET", "a symbolic link"},
    {O_MASK, "mask", "PATH", "hide a file or directory, if it is there"},
    {O_FREEZE, "freeze", "PATH", "make it read-only, if it is there"},
    {O_READ_ONLY, "read-only", NULL, "the root directory, not the mounts"},
    {O_PROPAGATION, "propagation", "WORD",
	"of the root: private (default), slave or shared"},
    PAYLOAD_OPTS,
    {0},
};
static const struct tool tool = {
    "rootfs-fstab", "DIR prog [arg ...]", opts, SAY_SH};

static struct fstab table;
static struct nodes nodes;
static struct payload prog;
static bool read_only, slave, shared;

static void
take_propagation(const char *word)
{
	slave = strcmp(word, "slave") == 0;
	shared = strcmp(word, "shared") == 0;
	if (!slave && !shared && strcmp(word, "private") != 0)
		diex("--propagation: '%s' is not private, slave or shared",
		    word);
}

static void
parse(int argc, char *argv[])
{
	int c;

	while ((c = opt_next(&tool, argc, argv)) != -1)
		switch (c) {
		case O_FSTAB:
			fstab_read(&table, optarg);
			break;
		case O_DIR:
			nodes_add_dir(&nodes, optarg);
			break;
		case O_DEVICE:
			nodes_add_device(&nodes, optarg);
			break;
		case O_LINK:
			nodes_add_link(&nodes, optarg);
			break;
		case O_MASK:
			nodes_add_cover(&nodes, NODE_HIDE, optarg);
			break;
		case O_FREEZE:
			nodes_add_cover(&nodes, NODE_FREEZE, optarg);
			break;
		case O_READ_ONLY:
			read_only = true;
			break;
		case O_PROPAGATION:
			take_propagation(optarg);
			break;
		default:
			payload_opt(&prog, c);
		}
	if (!argv[optind] || !argv[optind + 1])
		opt_usage(&tool);
}

/* The terminal is of the table's own devpts. */
static void
console(int root, const char *dir)
{
	const char *path = "/dev";
	int base, dev = -1;

	if (!(say_modes() & SAY_DRY)) {
		base = fstab_place(&table, root, &path);
		dev = inroot_plain(base, path);
		if (dev < 0)
			die("--tty: %s/dev", dir);
	}
	devdir_console(dev, dir, &prog.pty);
	if (dev >= 0)
		close(dev);
}

static void
enter(const char *root_dir)
{
	const char *dir = say_word(root_dir);
	const mode_t mask = umask(022);
	bool own = false;
	int root = -1;

	if (!(say_modes() & SAY_DRY))
		root = root_open(root_dir, slave, &own);
	if (!own)
		ns_unshare(&(struct ns_set){.fresh = CLONE_NEWNS}, CLONE_NEWNS);
	say(SAY_SH, "mount --rbind -o nodev %s %s", dir, dir);
	/* A device node of the directory's own is not the caller's word. */
	if (root >= 0)
		root_set(root, MOUNT_ATTR_NODEV, read_only, root_dir);
	fstab_mount(&table, root, dir);
	nodes_put(&nodes, &table, root, dir);
	if (prog.tty)
		console(root, dir);
	root_enter(root, read_only, dir);
	/* For mounts of the box's own: its copy of the host's is private. */
	if (shared && say(SAY_SH, "mount --make-shared /") &&
	    mnt_propagation(root, MS_SHARED, false) < 0)
		die_said();
	umask(mask);
}

int
main(int argc, char *argv[])
{
	sealed_start(argv);
	tool_start(&tool);
	payload_begin(&prog);
	parse(argc, argv);
	payload_relay(&prog);
	payload_ready(&prog);
	enter(argv[optind]);
	payload_become(&prog, argv + optind + 1);
}
