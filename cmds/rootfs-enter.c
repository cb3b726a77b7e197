// SPDX-License-Identifier: MIT
/*
 * rootfs-enter - mounts, pivot_root, then PROG, confined, in the new root
 *
 * In a box the tool has no power over the host: it asks ns-spawn for a view of
 * the directory with the box's ids (box(7)).  Alone it makes a mount namespace,
 * and is a chroot(8) that leaves nothing behind.  No file of the new root is
 * used before it is entered, so all names in it are the box's.
 */
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "payload/payload.h"
#include "payload/sealed.h"
#include "root/dev.h"
#include "root/newroot.h"
#include "stage/opt.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	O_TMPFS = OPT_LONG,
	O_READ_ONLY,
	O_EPHEMERAL,
	O_OVERLAY,
	O_DNS,
	O_SHM,
	O_DEVICE,
	O_ADD_HOST,
	O_UNMASK,
	O_DELEGATE
};

static const struct opt opts[] = {
    {'v', "volume", "FROM:TO[:ro]", "show a directory or file of the host's"},
    {O_TMPFS, "tmpfs", "TO[:OPTIONS]", "an empty tmpfs there"},
    {O_DEVICE, "device", "NODE[:TO]", "show a device of the host's"},
    {O_SHM, "shm-size", "SIZE", "of /dev/shm (64m), or max"},
    {O_READ_ONLY, "read-only", NULL, "the root directory, not the volumes"},
    {O_EPHEMERAL, "ephemeral", NULL, "throw away changes to the root"},
    {O_OVERLAY, "overlay", "DIR", "keep changes to the root in DIR"},
    {O_DNS, "dns", "ADDR", "name server, or auto, host (this host's) or none"},
    {O_ADD_HOST, "add-host", "NAME:ADDR",
	"a line in /etc/hosts; host-gateway: the host"},
    {O_UNMASK, "unmask", NULL, "show all of /proc and /sys, for boxes inside"},
    {O_DELEGATE, "delegate", NULL,
	"let the box make control groups below its own"},
    PAYLOAD_OPTS,
    {0},
};
static const struct tool tool = {
    "rootfs-enter", "DIR prog [arg ...]", opts, SAY_SH};

static struct newroot root = {.shm_size = DEV_SHM};
static struct payload prog;

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
		case O_DEVICE:
			volume_add_device(&root.volumes, optarg);
			break;
		case O_SHM:
			root.shm_size = parse_size("--shm-size", optarg);
			if (root.shm_size == 0)
				diex("--shm-size: 0 leaves no room; max is no "
				     "limit");
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
		case O_UNMASK:
			root.unmask = true;
			break;
		case O_DELEGATE:
			root.delegate = true;
			break;
		case O_DNS:
			resolv_add(&root.etc.dns, optarg);
			break;
		case O_ADD_HOST:
			etc_add_host(&root.etc, optarg);
			break;
		default:
			payload_opt(&prog, c);
		}
	if (!argv[optind] || !argv[optind + 1])
		opt_usage(&tool);
	if (!root.overlay)
		root.overlay = env_or("BOX_LAYER", NULL);
	if (root.ephemeral && root.overlay)
		diex("--ephemeral and --overlay exclude each other");
	root.dir = argv[optind];
	root.nosuid = !prog.confine.new_privs;
	root.pty = prog.tty ? &prog.pty : NULL;
}

/* Shows PROG the socket for its "ready" message to box-keep: in /dev, which is
 * the box's own, so the root directory is not changed. */
static void
take_notify(void)
{
	static char to[] = "NOTIFY_SOCKET=/dev/notify";
	const char *path = env_or("BOX_NOTIFY", NULL);

	if (!path)
		return;
	volume_add(&root.volumes, text_fmt("%s:%s", path, strchr(to, '/')));
	env_set(&prog.env, to);
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
	take_notify();
	root.prog = argv[optind + 1];
	root.path = payload_path(&prog);
	newroot_enter(&root);
	payload_become(&prog, argv + optind + 1);
}
