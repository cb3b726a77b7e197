// SPDX-License-Identifier: MIT
/*
 * ns-spawn - new namespaces and id maps, and PROG as process 1 in them
 *
 * NEWUSER and NEWPID at clone; the parent writes the maps; only then does the
 * child, as the box's root, make the others, which are therefore its own.  The
 * parent stays: it waits, forwards signals, is the doorman for the stages
 * inside, and undoes the one thing that outlives the box, its name in
 * /run/netns.  Each waits for the other on the door, where end of file means
 * that the other died.
 */
#include "chain.h"
#include "die.h"
#include "door.h"
#include "doorman.h"
#include "file.h"
#include "idmap.h"
#include "init.h"
#include "netns.h"
#include "ns.h"
#include "opt.h"
#include "parse.h"
#include "resident.h"
#include "slot.h"
#include "tty.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { O_ONLY = OPT_LONG, O_INIT, O_HOSTNAME, O_NETNS, O_INFO, O_SLOT, O_NS };

static const struct opt opts[] = {
    {O_ONLY, "only", "LIST",
	"new: only these (user,mount,pid,net,uts,ipc,cgroup)"},
    {O_NS + NS_USER, "user", "NS",
	"user namespace: new, host, or a path to join"},
    {O_NS + NS_MOUNT, "mount", "NS", "mount namespace, likewise"},
    {O_NS + NS_PID, "pid", "NS", "pid namespace, likewise"},
    {O_NS + NS_NET, "net", "NS", "network namespace, likewise"},
    {O_NS + NS_UTS, "uts", "NS", "uts namespace (host name), likewise"},
    {O_NS + NS_IPC, "ipc", "NS", "ipc namespace, likewise"},
    {O_NS + NS_CGROUP, "cgroup", "NS", "cgroup namespace, likewise"},
    {'m', "map", "MAP", "ids: self, subid, or IN:OUT:COUNT,..."},
    {O_SLOT, "slot", "N", "ids of slot N (default: the chain's, else 0)"},
    {O_HOSTNAME, "hostname", "NAME", "host name (default: container)"},
    {O_INIT, "init", "[=linger]",
	"a minimal init as process 1; it stays for all"},
    {O_NETNS, "netns", "NAME", "show the network to ip netns as NAME"},
    {O_INFO, "info-fd", "FD", "write pid and namespaces to FD, as JSON"},
    {0},
};
static const struct tool tool = {"ns-spawn", "prog [arg ...]", opts, SAY_SH};

static struct ns_set set;
static struct idmaps maps;
static const char *hostname, *netns, *map_word, *slot_word;
static bool with_init, linger;
static int info = -1;

static void
parse(int argc, char *argv[])
{
	int c;

	ns_all(&set);
	while ((c = opt_next(&tool, argc, argv)) != -1)
		switch (c) {
		case O_ONLY:
			ns_only(&set, optarg);
			break;
		case 'm':
			map_word = optarg;
			break;
		case O_SLOT:
			slot_word = optarg;
			break;
		case O_HOSTNAME:
			hostname = parse_name("--hostname", optarg, 64);
			break;
		case O_INIT:
			with_init = true;
			linger = optarg && strcmp(optarg, "linger") == 0;
			if (optarg && !linger)
				diex("--init: '%s' is not linger", optarg);
			break;
		case O_NETNS:
			netns = parse_name("--netns", optarg, 64);
			break;
		case O_INFO:
			info = parse_fd("--info-fd", optarg);
			break;
		default:
			ns_choose(&set, (enum ns_kind)(c - O_NS), optarg);
		}
	if (!argv[optind])
		opt_usage(&tool);
	if (hostname && !(set.fresh & CLONE_NEWUTS))
		diex("--hostname needs a uts namespace of the box's own");
	if (with_init && !(set.fresh & CLONE_NEWPID))
		diex("--init needs a pid namespace of the box's own");
	if (map_word && !(set.fresh & CLONE_NEWUSER))
		diex("--map needs a user namespace of the box's own");
}

/* A word to the other side, and one from it; false: it has died. */
static bool
tell(int door)
{
	return send(door, "", 1, MSG_NOSIGNAL) == 1;
}

static bool
hear(int door)
{
	char byte;

	return recv(door, &byte, 1, 0) == 1;
}

/* The root of the user namespace, with no group of the caller's. */
static void
become_root(void)
{
	if (!(set.fresh & CLONE_NEWUSER) && set.join[NS_USER] < 0)
		return;
	idmap_setgroups(0, NULL);
	/* EINVAL: a map without 0, which is then nobody's. */
	if (setresgid(0, 0, 0) < 0 && errno != EINVAL)
		die("setresgid");
	if (setresuid(0, 0, 0) < 0 && errno != EINVAL)
		die("setresuid");
}

/* The box's side of it: what is made and changed once the maps stand. */
static void
settle(void)
{
	const char *name = hostname ? hostname : "container";

	ns_join(&set, ~(CLONE_NEWUSER | CLONE_NEWPID));
	ns_unshare(&set, ~(CLONE_NEWUSER | CLONE_NEWPID));
	/* Nothing mounted here may reach the host, or the other way round. */
	if ((set.fresh & CLONE_NEWNS) &&
	    say(SAY_SH, "mount --make-rprivate /") &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die_said();
	if ((set.fresh & CLONE_NEWUTS) && say(SAY_SH, "hostname %s", name) &&
	    sethostname(name, strlen(name)) < 0)
		die_said();
}

/* The child. */
__attribute__((noreturn)) static void
box(int door, char *argv[])
{
	/* The parent dies: so do we, and with process 1 the box.  In a pid
	 * namespace there is no parent to be seen, so it is asked for a word
	 * after the prctl; and ids change before it. */
	if (!hear(door))
		exit(EXIT_TOOL);
	ns_join(&set, CLONE_NEWUSER);
	become_root();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		die("prctl PR_SET_PDEATHSIG");
	settle();
	if (!tell(door) || !hear(door))
		exit(EXIT_TOOL);
	door_set(door);
	if (with_init)
		init_here(linger);
	resident_child();
	/* In a joined mount namespace PROG is another one than here. */
	if (set.join[NS_MOUNT] >= 0)
		chain_last(argv);
	chain(argv);
}

static pid_t
spawn(void)
{
	const int flags = set.fresh & (CLONE_NEWUSER | CLONE_NEWPID);
	struct clone_args args = {
	    .flags = (uint64_t)flags, .exit_signal = SIGCHLD};
	long pid;

	if (!say(SAY_SH, "unshare%s --fork", ns_options(flags)))
		return 0;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid >= 0)
		return (pid_t)pid;
	if (errno == EPERM && geteuid() != 0 && !(set.fresh & CLONE_NEWUSER))
		die_hint("run it as root, or with a new user namespace", "%s",
		    said());
	if (errno == EPERM || errno == ENOSPC || errno == EACCES)
		die_hint("look at sysctl user.max_user_namespaces, "
			 "kernel.unprivileged_userns_clone and "
			 "kernel.apparmor_restrict_unprivileged_userns",
		    "%s", said());
	die_said();
}

/* {"pid": 17, "ns": {"user": 4026531837, ...}}: inodes, as in /proc/PID/ns. */
static void
write_info(pid_t pid)
{
	dprintf(info, "{\"pid\": %d, \"ns\": {", pid);
	for (int k = 0; k < NS_KINDS; k++)
		dprintf(info, "%s\"%s\": %ju", k ? ", " : "", ns_types[k].name,
		    (uintmax_t)ns_inode(pid, k));
	if (dprintf(info, "}}\n") < 0)
		die("write --info-fd %d", info);
	close(info);
}

int
main(int argc, char *argv[])
{
	struct resident r = {
	    .stop_child = true, .ready = doorman_serve, .parent = getppid()};
	struct doorman man;
	struct slot slot;
	uint32_t uid, gid;
	int door[2], prog, status;
	bool own;

	tool_start(&tool);
	parse(argc, argv);
	argv += optind;
	slot = slot_get(slot_word, NULL);
	if (set.fresh & CLONE_NEWUSER)
		idmaps_get(&maps, map_word, slot_ids(&slot));

	if (netns)
		netns_claim(netns);
	if (say_modes() & SAY_DRY) {
		ns_join(&set, CLONE_NEWPID);
		spawn();
		if (set.fresh & CLONE_NEWUSER)
			idmaps_write(&maps, 0);
		ns_join(&set, CLONE_NEWUSER);
		settle();
		if (netns)
			netns_name(0);
		say_next(argv);
	}

	if (set.join[NS_MOUNT] < 0) {
		prog = chain_open(argv[0], &own);
		if (prog < 0)
			chain(argv);
		chain_opened(prog, own);
	}
	tty_save();
	if (idmap_out(&maps.u, 0, &uid) && idmap_out(&maps.g, 0, &gid))
		give_pipes(uid, gid);
	resident_begin();
	/* We die with our parent, in order: TERM, so as to clean up. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		die("prctl PR_SET_PDEATHSIG");
	if (getppid() != r.parent)
		diex("the parent has died");
	ns_join(&set, CLONE_NEWPID);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, door) < 0)
		die("socketpair");
	r.fd = door[0];
	r.pid = spawn();
	if (r.pid == 0) {
		close(door[0]);
		box(door[1], argv);
	}
	close(door[1]);

	if (set.fresh & CLONE_NEWUSER)
		idmaps_write(&maps, r.pid);
	if (tell(r.fd) && hear(r.fd)) {
		if (netns)
			netns_name(r.pid);
		if (info >= 0)
			write_info(r.pid);
		man = (struct doorman){
		    .box = r.pid,
		    .newns = set.fresh & CLONE_NEWNS,
		    .newnet = ns_inode(r.pid, NS_NET) != ns_inode(0, NS_NET),
		    .shift = geteuid() == 0 && (set.fresh & CLONE_NEWUSER) &&
			     !idmap_identity(&maps.u),
		};
		doorman_start(&man);
		tell(r.fd);
	}
	status = resident_wait(&r);
	tty_restore();
	return status;
}
