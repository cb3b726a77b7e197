// SPDX-License-Identifier: MIT
/*
 * doorman - the requests that a box's stages may make
 *
 * Each request is worth root on the host.  Credentials prove nothing, as a
 * box's root can forge them; the wall is that the door never reaches foreign
 * code (chain.c).  Still the list is short, bounded and counted, and a bad
 * message ends the service.
 */
#include "spawn/doorman.h"
#include "base/die.h"
#include "base/fdpass.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/run.h"
#include "base/say.h"
#include "base/unixaddr.h"
#include "box/hosts.h"
#include "box/slot.h"
#include "box/state.h"
#include "net/connections.h"
#include "net/veth.h"
#include "ns/ns.h"
#include "root/mnt.h"
#include "spawn/idview.h"
#include "spawn/pasta.h"
#include "stage/chain.h"
#include "stage/door.h"
#include "term/pty.h"
#include "term/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct doorman man;
static struct veth pair; /* the box's, and the index of its host end */
static int pair_end, pair_modes;
static struct connections connections;
static unsigned links, roots, binds, files, names, ttys;

void
doorman_start(const struct doorman *d)
{
	man = *d;
}

/* 0, or an errno: the box has had its share. */
static int
count(unsigned *n, unsigned max)
{
	return (*n)++ < max ? 0 : EDQUOT;
}

static void
retire(void)
{
	const int modes = say_modes();

	say_mode(pair_modes, SAY_IP);
	veth_retire(&pair, pair_end, connections_left(&connections));
	say_mode(modes, SAY_SH);
}

static int
serve_veth(struct door_request *req, struct door_reply *rep)
{
	int net, err = count(&links, 1);
	char pid[16];

	if (err)
		return err;
	if (!man.newnet) {
		said_set("the box shares the host's network", "");
		return EINVAL;
	}
	if (man.leaves) {
		said_set("ns-spawn --leave keeps no end of a link; "
			 "net-veth --pid PID makes one for a parked box",
		    "");
		return EINVAL;
	}
	req->veth.host[IFNAMSIZ - 1] = req->veth.box[IFNAMSIZ - 1] = '\0';
	net = ns_open(man.box, NS_NET);
	if (net < 0)
		return errno;
	snprintf(pid, sizeof(pid), "%d", man.box);
	pair = req->veth;
	pair_modes = say_modes();
	pair_end = veth_host(&pair, net, pid);
	if (pair_end < 0)
		err = errno;
	else if (pair_end > 0 && man.newpid) {
		connections_open(&connections, man.box);
		at_end(retire);
	}
	if (pair.out6)
		rep->flags |= DOOR_OUT6;
	close(net);
	return err;
}

static int
serve_user(struct door_request *req, struct door_reply *rep)
{
	const int err = count(&links, 1);
	const char *why = man.leaves	? "ns-spawn --leave keeps no pasta"
			  : !man.newnet ? "the box shares the host's network"
			  : !man.newuser
			      ? "the box has no user namespace of its own"
			      : NULL;
	bool leaks;

	if (err)
		return err;
	if (why) {
		said_set(why, "");
		return EINVAL;
	}
	if (pasta_start(&req->user, man.uid, man.gid) < 0 ||
	    pasta_leaks(&leaks) < 0)
		return errno;
	if (leaks)
		rep->flags |= DOOR_LEAKS;
	return 0;
}

static enum mnt_depth
depth_of(uint32_t op)
{
	switch (op) {
	case DOOR_NODE:
	case DOOR_TOP:
	case DOOR_SHIFT_TOP:
		return MNT_TOP;
	case DOOR_SLAVE:
	case DOOR_ROOT_SLAVE:
		return MNT_SLAVE;
	case DOOR_SHARED:
		return MNT_SHARED;
	default:
		return MNT_DEEP;
	}
}

static bool
is_root(uint32_t op)
{
	return op == DOOR_ROOT || op == DOOR_ROOT_SLAVE;
}

/* PATH as its request has it, shown with the ids of USER, or, with -1, as PATH
 * is.  -1 with errno. */
static int
open_tree_for(const struct door_request *req, int user)
{
	const enum mnt_depth depth = depth_of(req->op);
	int fd;

	if (depth >= MNT_SLAVE && !is_root(req->op) &&
	    !mnt_has_peers(req->path, depth)) {
		errno = EINVAL;
		return -1;
	}
	if (user < 0)
		return mnt_clone(AT_FDCWD, req->path, depth);
	fd = idview_open(req->path, user, depth);
	/* A device of a file system that cannot be shifted, as devtmpfs. */
	if (fd < 0 && req->op == DOOR_NODE && said_why()[0]) {
		said_set(said(), "");
		fd = mnt_clone(AT_FDCWD, req->path, depth);
	}
	return fd;
}

/* 0, or an errno: the box has had its share, or (ECANCELED, with said_why())
 * may not have that. */
static int
check_tree(uint32_t op)
{
	if (op == DOOR_SHARED && man.otheruser) {
		said_set("", "the root of another user namespace may not mount "
			     "on the host");
		return ECANCELED;
	}
	if ((op == DOOR_SHIFT || op == DOOR_SHIFT_TOP) && !man.otheruser) {
		said_set("", "the box has the host's ids");
		return ECANCELED;
	}
	return is_root(op) ? count(&roots, 1) : count(&binds, DOOR_BINDS);
}

static int
serve_tree(struct door_request *req, struct door_reply *rep, int *fd)
{
	const bool shift =
	    man.shift || req->op == DOOR_SHIFT || req->op == DOOR_SHIFT_TOP;
	int err = check_tree(req->op), user = -1;

	if (err)
		return err;
	if (is_root(req->op) && man.newns)
		rep->flags |= DOOR_NEWNS;
	/* The box's mounts receive none of the host's. */
	if (!shift && !man.plain && depth_of(req->op) < MNT_SLAVE) {
		rep->flags |= DOOR_YOURSELF;
		return 0;
	}
	if (shift) {
		say(SAY_SH,
		    "mount --rbind -o X-mount.idmap=/proc/%d/ns/user %s",
		    man.box, say_word(req->path));
		user = ns_open(man.box, NS_USER);
		if (user < 0)
			return errno;
	}
	*fd = open_tree_for(req, user);
	err = *fd < 0 ? errno : 0;
	close_keep(user);
	return err;
}

static int
serve_file(struct door_request *req, int *fd)
{
	const int err = count(&files, DOOR_FILES);

	if (err)
		return err;
	/* O_NONBLOCK: do not wait for the writer of a fifo. */
	*fd = open(req->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return *fd < 0 ? errno : 0;
}

/* The box cannot write the file, even as a user of id 0: the file is not shown
 * with the box's ids. */
static int
serve_hosts(const char *own, int *fd)
{
	const struct slot slot = slot_get(NULL, NULL, NULL);
	const struct hosts_box box = {.name = box_name(),
	    .slot = &slot,
	    .addr = pair.addr,
	    .addr6 = pair.len6 ? &pair.addr6 : NULL,
	    .owner = !man.shift};
	int err = count(&names, 1);
	char *path;

	if (err)
		return err;
	if (pair_end <= 0 || !box.name || env_or("BOX_ISOLATED", NULL))
		return ENODATA;
	path = hosts_join(&box, own);
	if (!path)
		return errno;
	say(SAY_SH, "mount --bind -o ro %s $BOX_ROOT/etc/hosts",
	    say_word(path));
	*fd = mnt_clone(AT_FDCWD, path, MNT_TOP);
	if (*fd >= 0 && mnt_attr(*fd, MNT_SAFE | MOUNT_ATTR_RDONLY, false) < 0)
		*fd = close_keep(*fd);
	err = *fd < 0 ? errno : 0;
	free(path);
	/* Root of a box may not mount there. */
	return err == EPERM ? ENODATA : err;
}

static int
serve_prog(struct door_request *req, struct door_reply *rep, int *fd)
{
	bool own;

	*fd = chain_open(req->path, &own);
	if (*fd < 0)
		return errno;
	if (own)
		rep->flags |= DOOR_OWN;
	return 0;
}

int
doorman_console(const char *path)
{
	struct sockaddr_un at;
	char *head, *tail;
	int dir, sock;

	if (!path || say_modes() & SAY_DRY)
		return -1;
	head = text_fmt("%s", path);
	tail = text_fmt("%s", path);
	dir = open(dirname(head), O_PATH | O_DIRECTORY | O_CLOEXEC);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (dir < 0 || sock < 0 || unix_addr(&at, dir, basename(tail)) < 0 ||
	    connect(sock, (const struct sockaddr *)&at, sizeof(at)) < 0)
		die("--console %s", path);
	close(dir);
	return sock;
}

/* Receivers expect a terminal that blocks, and one byte of text or more. */
static int
send_master(int master)
{
	static const char name[] = "/dev/ptmx";

	if (!pty_is_master(master))
		return EINVAL;
	if (fcntl(master, F_SETFL, O_RDWR) < 0 ||
	    fd_send(man.console, name, strlen(name), master) < 0)
		return errno;
	close(man.console);
	close(master);
	man.console = -1;
	return 0;
}

/* relay_start() checks that MASTER is one, and takes it over. */
static int
serve_tty(int master)
{
	int err = count(&ttys, 1);

	if (!err && man.console >= 0) {
		err = send_master(master);
	} else if (man.leaves) {
		said_set("ns-spawn --leave relays no terminal; --console "
			 "sends it to another program",
		    "");
		err = EOPNOTSUPP;
	} else if (!err && relay_start(master) < 0) {
		err = errno;
	}
	if (err)
		close(master);
	return err;
}

/* The command is the caller's own word. */
static int
serve_made(void)
{
	char pid[16], why[200] = "",
		      *const argv[] = {
			  (char *)"sh",
			  (char *)"-c",
			  (char *)man.made,
			  NULL,
		      };
	int status;

	if (!man.made)
		return 0;
	man.made = NULL;
	snprintf(pid, sizeof(pid), "%d", man.box);
	if (setenv("BOX_PID", pid, 1) < 0)
		return errno;
	status = run(argv, NULL, why, sizeof(why));
	if (status == 0)
		return 0;
	said_set(
	    text_fmt("--made: status %d%s%s", status, *why ? ": " : "", why),
	    "");
	return ECANCELED;
}

/* The asking stage's -n and -x hold for the doorman's part, too. */
static void
serve(struct door_request *req, int given, struct door_reply *rep, int *fd)
{
	const int modes = say_modes();

	say_mode(req->modes & (SAY_DRY | SAY_TRACE),
	    req->op == DOOR_VETH ? SAY_IP : SAY_SH);
	said_set("", "");
	switch (req->op) {
	case DOOR_VETH:
		rep->err = serve_veth(req, rep);
		break;
	case DOOR_USER:
		rep->err = serve_user(req, rep);
		break;
	case DOOR_ROOT:
	case DOOR_ROOT_SLAVE:
	case DOOR_BIND:
	case DOOR_TOP:
	case DOOR_SLAVE:
	case DOOR_SHARED:
	case DOOR_SHIFT:
	case DOOR_SHIFT_TOP:
	case DOOR_NODE:
		rep->err = serve_tree(req, rep, fd);
		break;
	case DOOR_FILE:
		rep->err = serve_file(req, fd);
		break;
	case DOOR_HOSTS:
		rep->err = serve_hosts(req->path, fd);
		break;
	case DOOR_TTY:
		rep->err = serve_tty(given);
		break;
	case DOOR_MADE:
		rep->err = serve_made();
		break;
	default:
		rep->err = serve_prog(req, rep, fd);
	}
	snprintf(rep->said, sizeof(rep->said), "%s", said());
	snprintf(rep->why, sizeof(rep->why), "%s", said_why());
	say_mode(modes, SAY_SH);
}

bool
doorman_serve(int door)
{
	struct door_request req;
	struct door_reply rep = {0};
	bool more = false;
	int given, fd = -1;
	const ssize_t n = fd_recv(door, &req, sizeof(req), &given);

	if (n < 0 && errno == EINTR)
		return true;
	if (n == sizeof(req) && req.version == DOOR_VERSION &&
	    req.op >= DOOR_VETH && req.op < DOOR_SHUT &&
	    (req.op == DOOR_TTY || !man.tty_only) &&
	    (given >= 0) == (req.op == DOOR_TTY)) {
		req.path[sizeof(req.path) - 1] = '\0';
		serve(&req, given, &rep, &fd);
		more = fd_send(door, &rep, sizeof(rep), fd) == sizeof(rep);
	} else if (given >= 0) {
		close(given);
	}
	if (fd >= 0)
		close(fd);
	if (!more)
		close(door);
	return more;
}
