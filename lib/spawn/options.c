// SPDX-License-Identifier: MIT
/* options - ns-spawn's options, and which of them fit together */
#include "spawn/options.h"
#include "base/die.h"
#include "base/parse.h"

#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	O_ONLY = OPT_LONG,
	O_INIT,
	O_STOP,
	O_HOSTNAME,
	O_DOMAINNAME,
	O_GID_MAP,
	O_LOOPBACK,
	O_PLAIN,
	O_NETNS,
	O_INFO,
	O_LEAVE,
	O_PARK,
	O_CONSOLE,
	O_MADE,
	O_SLOT,
	O_DELEGATE,
	O_NS
};

const struct opt spawn_opts[] = {
    {O_ONLY, "only", "LIST", "only new (user,mount,pid,net,uts,ipc,cgroup)"},
    {O_NS + NS_USER, "user", "NS",
	"user namespace: new, host, or a path to join"},
    {O_NS + NS_MOUNT, "mount", "NS", "mount namespace, likewise"},
    {O_NS + NS_PID, "pid", "NS", "pid namespace, likewise"},
    {O_NS + NS_NET, "net", "NS", "network namespace, likewise"},
    {O_NS + NS_UTS, "uts", "NS", "uts namespace (host name), likewise"},
    {O_NS + NS_IPC, "ipc", "NS", "ipc namespace, likewise"},
    {O_NS + NS_CGROUP, "cgroup", "NS", "cgroup namespace, likewise"},
    {'m', "map", "MAP", "ids: self, subid, auto, or IN:OUT:COUNT,..."},
    {O_GID_MAP, "gid-map", "MAP", "the groups' own map, likewise"},
    {O_SLOT, "slot", "N", "ids of slot N (default: the chain's, else 0)"},
    {O_DELEGATE, "delegate", NULL,
	"give the control groups to the root of the box"},
    {O_PLAIN, "plain", NULL, "show files with their own ids, not shifted"},
    {O_HOSTNAME, "hostname", "NAME", "host name (default: container)"},
    {O_DOMAINNAME, "domainname", "NAME", "NIS domain name"},
    {O_LOOPBACK, "loopback", NULL, "set lo of a new network namespace up"},
    {O_INIT, "init", "[=linger]",
	"an init as process 1; linger: end with the last"},
    {O_STOP, "stop-signal", "SIGNAL", "what prog gets from the init for TERM"},
    {O_NETNS, "netns", "NAME", "network's name for ip netns (the box's)"},
    {O_INFO, "info-fd", "FD", "write pid and namespaces to FD, as JSON"},
    {O_LEAVE, "leave", NULL, "end with 0 when the box stands; it lives on"},
    {O_PARK, "park", "SOCKET", "prog waits for a connection; with --leave"},
    {O_CONSOLE, "console", "SOCKET", "send prog's terminal (-t) there"},
    {O_MADE, "made", "COMMAND", "run on the host when the root is made"},
    {0},
};

/* Whether the uts namespace is new, or a joined one that is not the caller's.
 */
static bool
other_uts(const struct start *b)
{
	struct stat st;

	if (b->set.fresh & CLONE_NEWUTS)
		return true;
	return b->set.join[NS_UTS] >= 0 &&
	       fstat(b->set.join[NS_UTS], &st) == 0 &&
	       st.st_ino != ns_inode(0, NS_UTS);
}

static void
check(const struct spawn *s)
{
	const struct start *b = &s->box;
	const bool user = b->set.fresh & CLONE_NEWUSER;

	if (b->hostname && !other_uts(b))
		diex("--hostname needs a uts namespace of the box's own");
	if (b->domainname && !other_uts(b))
		diex("--domainname needs a uts namespace of the box's own");
	if (b->loopback && !(b->set.fresh & CLONE_NEWNET))
		diex("--loopback needs a network namespace of the box's own");
	if (s->init && !(b->set.fresh & CLONE_NEWPID))
		diex("--init needs a pid namespace of the box's own");
	if (s->stop_signal && !s->init)
		diex("--stop-signal needs --init, which sends the signal");
	if (s->map && !user)
		diex("--map needs a user namespace of the box's own");
	if (s->gid_map && !s->map)
		diex("--gid-map needs --map, the map of the users");
	if (s->plain && !user && b->set.join[NS_USER] < 0)
		diex("--plain needs another user namespace than the caller's");
	if (s->park && !b->leave)
		diex("--park needs --leave");
	if (s->netns && b->leave)
		diex("--leave: nobody would remove the name of --netns");
}

/* False: OPTION is not of this half of the table. */
static bool
take_names(struct spawn *s, int option)
{
	switch (option) {
	case 'm':
		s->map = optarg;
		break;
	case O_GID_MAP:
		s->gid_map = optarg;
		break;
	case O_SLOT:
		s->slot = optarg;
		break;
	case O_PLAIN:
		s->plain = true;
		break;
	case O_HOSTNAME:
		s->box.hostname = parse_name("--hostname", optarg, 64);
		break;
	case O_DOMAINNAME:
		s->box.domainname = parse_name("--domainname", optarg, 64);
		break;
	case O_LOOPBACK:
		s->box.loopback = true;
		break;
	case O_NETNS:
		s->netns = parse_name("--netns", optarg, 64);
		break;
	default:
		return false;
	}
	return true;
}

static void
take(struct spawn *s, int option)
{
	switch (option) {
	case O_ONLY:
		ns_only(&s->box.set, optarg);
		break;
	case O_INIT:
		s->init = true;
		s->linger = optarg && strcmp(optarg, "linger") == 0;
		if (optarg && !s->linger)
			diex("--init: '%s' is not linger", optarg);
		break;
	case O_STOP:
		s->stop_signal = parse_signal("--stop-signal", optarg);
		break;
	case O_INFO:
		s->info = parse_fd("--info-fd", optarg);
		break;
	case O_LEAVE:
		s->box.leave = true;
		break;
	case O_PARK:
		s->park = optarg;
		break;
	case O_CONSOLE:
		s->console = optarg;
		break;
	case O_DELEGATE:
		s->delegate = true;
		break;
	case O_MADE:
		s->made = optarg;
		break;
	default:
		ns_choose(&s->box.set, (enum ns_kind)(option - O_NS), optarg);
	}
}

void
spawn_options(struct spawn *s, const struct tool *tool, int argc, char *argv[])
{
	int c;

	*s = (struct spawn){.info = -1};
	ns_all(&s->box.set);
	while ((c = opt_next(tool, argc, argv)) != -1)
		if (!take_names(s, c))
			take(s, c);
	if (!argv[optind])
		opt_usage(tool);
	check(s);
}
