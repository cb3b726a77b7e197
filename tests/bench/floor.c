// SPDX-License-Identifier: MIT
/*
 * floor - a box made by one program, the least that a start can cost
 *
 *	floor PARTS GROUPS ROOT PROG [ARG]...
 *
 * Without PARTS ("-"): a user namespace and six others, an id map, pivot_root,
 * /proc, and /dev with its nodes.  Each of the PARTS, separated by commas, is
 *one thing more that the default box has; "all" is all but nat.  GROUPS,
 *separated by colons, are the control groups below which a group is made; "-"
 *is none.
 *
 * No other program runs but iptables-restore for nat, nothing is checked that
 * is true on the host of a benchmark, and no option is read: so this is not a
 * tool, but the measure of one.  The netlink messages and the filter of system
 * calls are those of lib/ and seccomp/.
 */
#include "base/die.h"
#include "net/rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if_addr.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/veth.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../seccomp/table.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define FIRST_ID \
	"1879048192" /* of a range of ids that no user of the host has */
#define SAFE (MS_NOSUID | MS_NODEV | MS_NOEXEC)
#define NODE (MS_BIND | MS_NOSUID | MS_NOEXEC | MS_RDONLY)
#define HOST_ADDR 0x0a600001u /* 10.96.0.1, of no box */
/* 10.97.X.Y, another one of each of two at a time. */
#define BOX_ADDR (0x0a610000u | ((unsigned)owner & 0xffff))

enum part {
	BASE,
	NET,	 /* a veth pair, addresses, routes */
	SYSCTLS, /* of both ends: no IPv6, no redirects, ping */
	SHIFT,	 /* ids that no user has, the files shown shifted */
	SYSFS,
	PTS,  /* devpts, /dev/shm, /dev/mqueue */
	MASK, /* of /proc and /sys */
	VIEW, /* the groups, at /sys/fs/cgroup */
	DNS,  /* resolv.conf, hosts, hostname */
	CAPS, /* fewer capabilities, no_new_privs, a keyring */
	SECCOMP,
	INIT, /* process 1 is not PROG */
	NAT,  /* masquerading and a published port */
	PARTS
};
static const char *const names[PARTS] = {"-", "net", "sysctls", "shift",
    "sysfs", "pts", "mask", "view", "dns", "caps", "seccomp", "init", "nat"};
static bool has[PARTS] = {true};

/* Below ROOT.  A missing target in /proc or /sys is none to hide. */
static const struct {
	enum part part;
	const char *from, *to, *type;
	unsigned long flags;
	const char *data;
} mounts[] = {
    {BASE, "proc", "proc", "proc", SAFE, NULL},
    {SYSFS, "sysfs", "sys", "sysfs", SAFE | MS_RDONLY, NULL},
    {VIEW, "tmpfs", "sys/fs/cgroup", "tmpfs", SAFE, "mode=0755,size=64k"},
    {VIEW, "cgroup", "sys/fs/cgroup/pids", "cgroup", SAFE | MS_RDONLY, "pids"},
    {VIEW, "cgroup", "sys/fs/cgroup/cpu", "cgroup", SAFE | MS_RDONLY, "cpu"},
    {VIEW, "cgroup", "sys/fs/cgroup/memory", "cgroup", SAFE | MS_RDONLY,
	"memory"},
    {DNS, "tmpfs", "dev", "tmpfs", SAFE, "mode=0755,size=1m,nr_inodes=64"},
    {DNS, "dev/resolv.conf", "etc/resolv.conf", NULL, MS_BIND | SAFE, NULL},
    {DNS, "dev/hosts", "etc/hosts", NULL, MS_BIND | SAFE, NULL},
    {DNS, "dev/hostname", "etc/hostname", NULL, MS_BIND | SAFE, NULL},
    {BASE, "tmpfs", "dev", "tmpfs", MS_NOSUID | MS_NOEXEC,
	"mode=0755,size=1m,nr_inodes=1k"},
    {BASE, "/dev/null", "dev/null", NULL, NODE, NULL},
    {BASE, "/dev/zero", "dev/zero", NULL, NODE, NULL},
    {BASE, "/dev/full", "dev/full", NULL, NODE, NULL},
    {BASE, "/dev/random", "dev/random", NULL, NODE, NULL},
    {BASE, "/dev/urandom", "dev/urandom", NULL, NODE, NULL},
    {BASE, "/dev/tty", "dev/tty", NULL, NODE, NULL},
    {PTS, "devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
	"ptmxmode=0666,mode=0620,max=256,gid=5"},
    {PTS, "tmpfs", "dev/shm", "tmpfs", SAFE,
	"mode=1777,size=67108864,nr_inodes=64k"},
    {PTS, "mqueue", "dev/mqueue", "mqueue", SAFE, NULL},
    {MASK, "tmpfs", "proc/acpi", "tmpfs", SAFE | MS_RDONLY, "mode=0555"},
    {MASK, "tmpfs", "proc/asound", "tmpfs", SAFE | MS_RDONLY, "mode=0555"},
    {MASK, "/dev/null", "proc/interrupts", NULL, NODE | MS_RDONLY, NULL},
    {MASK, "/dev/null", "proc/kcore", NULL, NODE | MS_RDONLY, NULL},
    {MASK, "/dev/null", "proc/keys", NULL, NODE | MS_RDONLY, NULL},
    {MASK, "/dev/null", "proc/latency_stats", NULL, NODE | MS_RDONLY, NULL},
    {MASK, "/dev/null", "proc/sched_debug", NULL, NODE | MS_RDONLY, NULL},
    {MASK, "tmpfs", "proc/scsi", "tmpfs", SAFE | MS_RDONLY, "mode=0555"},
    {MASK, "/dev/null", "proc/timer_list", NULL, NODE | MS_RDONLY, NULL},
    {MASK, "/dev/null", "proc/timer_stats", NULL, NODE | MS_RDONLY, NULL},
    {MASK, "proc/bus", "proc/bus", NULL, MS_BIND | SAFE | MS_RDONLY, NULL},
    {MASK, "proc/fs", "proc/fs", NULL, MS_BIND | SAFE | MS_RDONLY, NULL},
    {MASK, "proc/irq", "proc/irq", NULL, MS_BIND | SAFE | MS_RDONLY, NULL},
    {MASK, "proc/pressure", "proc/pressure", NULL, MS_BIND | SAFE | MS_RDONLY,
	NULL},
    {MASK, "proc/sys", "proc/sys", NULL, MS_BIND | SAFE | MS_RDONLY, NULL},
    {MASK, "proc/sysrq-trigger", "proc/sysrq-trigger", NULL,
	MS_BIND | SAFE | MS_RDONLY, NULL},
    {MASK, "tmpfs", "sys/devices/virtual/powercap", "tmpfs", SAFE | MS_RDONLY,
	"mode=0555"},
    {MASK, "tmpfs", "sys/firmware", "tmpfs", SAFE | MS_RDONLY, "mode=0555"},
};

static const char *const links[][2] = {
    {"/proc/self/fd", "dev/fd"},
    {"/proc/self/fd/0", "dev/stdin"},
    {"/proc/self/fd/1", "dev/stdout"},
    {"/proc/self/fd/2", "dev/stderr"},
    {"pts/ptmx", "dev/ptmx"},
};

/* Limits: the files of v1 and of v2 that a group's directory has. */
static const char *const limits[][2] = {
    {"pids.max", "22"},
    {"cpu.cfs_period_us", "100000"},
    {"cpu.cfs_quota_us", "50000"},
    {"cpu.max", "50000 100000"},
};
static const char *const copied[] = {"cpuset.cpus", "cpuset.mems"};

static pid_t owner;
static char *groups[16];
static int ngroups, tasks[16], v2 = -1;
static char end[IFNAMSIZ];

/* Writes TEXT into the file of that name below DIR; -1 if it is missing. */
static int
put(int dir, const char *file, const char *text)
{
	const int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return -1;
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("%s", file);
	return close(fd);
}

static void
make_group(char *above)
{
	const int parent = open(above, O_PATH | O_DIRECTORY);
	char *name, text[256];
	int dir, fd;

	if (asprintf(&name, "%s/floor%d", above, getpid()) < 0 ||
	    mkdir(name, 0755) < 0 || (dir = open(name, O_PATH)) < 0)
		die("%s", above);
	groups[ngroups] = name;
	for (size_t i = 0; i < COUNT(limits); i++)
		put(dir, limits[i][0], limits[i][1]);
	for (size_t i = 0; i < COUNT(copied); i++)
		if ((fd = openat(parent, copied[i], O_RDONLY)) >= 0) {
			text[read(fd, text, sizeof(text) - 1)] = '\0';
			put(dir, copied[i], text);
			close(fd);
		}
	tasks[ngroups] = openat(dir, "tasks", O_WRONLY);
	if (tasks[ngroups++] < 0)
		v2 = open(name, O_RDONLY | O_DIRECTORY);
	close(dir);
	close(parent);
}

static void
set_sysctl(
    const char *family, const char *link, const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family,
	    link, name);
	put(AT_FDCWD, path, value);
}

static void
make_pair(struct netlink *nl, pid_t pid)
{
	const struct ifinfomsg down = {0};
	size_t info, data, peer;

	netlink_begin(
	    nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &down, sizeof(down));
	netlink_put_str(nl, IFLA_IFNAME, end);
	info = netlink_put(nl, IFLA_LINKINFO, NULL, 0);
	netlink_put_str(nl, IFLA_INFO_KIND, "veth");
	data = netlink_put(nl, IFLA_INFO_DATA, NULL, 0);
	peer = netlink_put(nl, VETH_INFO_PEER, &down, sizeof(down));
	netlink_put_str(nl, IFLA_IFNAME, "veth1");
	netlink_put_u32(nl, IFLA_NET_NS_PID, (uint32_t)pid);
	netlink_end(nl, peer);
	netlink_end(nl, data);
	netlink_end(nl, info);
	if (netlink_send(nl, NULL, NULL) < 0)
		die("veth");
}

static struct route to_box = {.len = 32};

static void
net_host(pid_t pid)
{
	struct netlink nl;
	int index;

	snprintf(end, sizeof(end), "floor%d", pid);
	if (netlink_open(&nl, NETLINK_ROUTE) < 0)
		die("netlink");
	make_pair(&nl, pid);
	if (has[SYSCTLS]) {
		set_sysctl("ipv6", end, "disable_ipv6", "1");
		set_sysctl("ipv6", end, "accept_ra", "0");
		set_sysctl("ipv4", end, "rp_filter", "1");
		set_sysctl("ipv4", end, "accept_redirects", "0");
		set_sysctl("ipv4", end, "arp_ignore", "1");
	}
	to_box.dst = BOX_ADDR;
	to_box.link = index = link_index(&nl, end);
	if (addr_add(&nl, index, HOST_ADDR, 32, 0) < 0 ||
	    link_set(&nl, index, true) < 0 || route_add(&nl, &to_box) < 0)
		die("%s", end);
	close(nl.fd);
}

/* The kernel deletes the link with the namespace, some time later; the route is
 * in the way of the next box. */
static void
net_end(void)
{
	struct netlink nl;

	if (netlink_open(&nl, NETLINK_ROUTE) == 0)
		route_delete(&nl, &to_box);
}

static void
net_box(void)
{
	struct route host = {.dst = HOST_ADDR, .len = 32, .src = BOX_ADDR};
	struct route out = {.via = HOST_ADDR};
	struct netlink nl;

	if (netlink_open(&nl, NETLINK_ROUTE) < 0)
		die("netlink");
	host.link = out.link = link_index(&nl, "veth1");
	if (has[SYSCTLS])
		set_sysctl("ipv6", "veth1", "disable_ipv6", "1");
	if (link_set(&nl, 1, true) < 0 ||
	    addr_add(&nl, host.link, BOX_ADDR, 24, IFA_F_NOPREFIXROUTE) < 0 ||
	    link_set(&nl, host.link, true) < 0 || route_add(&nl, &host) < 0 ||
	    route_add(&nl, &out) < 0)
		die("veth1");
	close(nl.fd);
	if (has[SYSCTLS])
		put(AT_FDCWD, "/proc/sys/net/ipv4/ping_group_range", "0 65535");
}

/* All in one transaction; iptables-nft then waits for the kernel on the way
 * down. */
static void
nat(const char *way)
{
	static const char rules[] =
	    "*nat\n"
	    "-%c PREROUTING -p tcp --dport 8080 -j DNAT --to %s:80\n"
	    "-%c POSTROUTING -s %s -j MASQUERADE\nCOMMIT\n*filter\n"
	    "-%c FORWARD -s %s -j ACCEPT\n"
	    "-%c FORWARD -d %s -j ACCEPT\nCOMMIT\n";
	const struct in_addr addr = {htonl(BOX_ADDR)};
	const char *box = inet_ntoa(addr);
	FILE *f = popen("exec iptables-restore --noflush", "we");

	if (!f ||
	    fprintf(f, rules, *way, box, *way, box, *way, box, *way, box) < 0 ||
	    pclose(f) != 0)
		die("iptables-restore");
}

/* A view of ROOT, detached, with the ids of the user namespace of PID. */
static int
view(const char *root, pid_t pid)
{
	struct mount_attr attr = {
	    .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
	const int tree = open_tree(
	    AT_FDCWD, root, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	char path[64];

	if (has[SHIFT]) {
		snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
		attr.attr_set |= MOUNT_ATTR_IDMAP;
		attr.userns_fd = (unsigned)open(path, O_RDONLY | O_CLOEXEC);
	}
	if (tree < 0 ||
	    mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		die("%s", root);
	return tree;
}

static void
write_maps(pid_t pid)
{
	const char *map = has[SHIFT] ? "0 " FIRST_ID " 65536" : "0 0 65536";
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	put(AT_FDCWD, path, map);
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	put(AT_FDCWD, path, map);
}

static void
make_target(const char *to, bool file)
{
	if (file)
		close(open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	else
		mkdir(to, 0755);
}

static void
write_files(void)
{
	static const char *const files[][2] = {
	    {"dev/resolv.conf", "nameserver 8.8.8.8\nnameserver 8.8.4.4\n"},
	    {"dev/hosts", "127.0.0.1 localhost\n10.97.0.2 container\n"},
	    {"dev/hostname", "container\n"},
	};

	for (size_t i = 0; i < COUNT(files); i++) {
		make_target(files[i][0], true);
		put(AT_FDCWD, files[i][0], files[i][1]);
	}
}

static void
mount_all(void)
{
	for (size_t i = 0; i < COUNT(mounts); i++) {
		const unsigned long flags = mounts[i].flags;
		const char *to = mounts[i].to;

		if (!has[mounts[i].part])
			continue;
		if (strncmp(to, "dev/", 4) == 0 || mounts[i].part == VIEW)
			make_target(to, flags & MS_BIND);
		/* The files outlive the tmpfs that they are bound from. */
		if (has[DNS] && mounts[i].part == BASE &&
		    strcmp(to, "dev") == 0)
			umount2(to, MNT_DETACH);
		if (mount(mounts[i].from, to, mounts[i].type,
			flags & MS_BIND ? MS_BIND | MS_REC : flags,
			mounts[i].data) < 0) {
			if (mounts[i].part == MASK || mounts[i].part == VIEW)
				continue;
			die("%s", to);
		}
		if (flags & MS_BIND &&
		    mount(NULL, to, NULL, MS_REMOUNT | flags, NULL) < 0)
			die("remount %s", to);
		if (mounts[i].part == DNS && !(flags & MS_BIND))
			write_files();
	}
	for (size_t i = 0; i < COUNT(links); i++)
		if (symlink(links[i][0], links[i][1]) < 0)
			die("%s", links[i][1]);
}

/* The tree comes over "/", as the box cannot walk to ROOT. */
static void
enter_root(int tree)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("mount --make-rprivate /");
	if (move_mount(tree, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
	    fchdir(tree) < 0)
		die("move_mount");
	mount_all();
	if (syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		die("pivot_root");
}

#define BIT(cap) (1u << (cap))
static const unsigned kept =
    BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) |
    BIT(CAP_KILL) | BIT(CAP_SETGID) | BIT(CAP_SETUID) | BIT(CAP_SETPCAP) |
    BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SYS_CHROOT) | BIT(CAP_AUDIT_WRITE) |
    BIT(CAP_SETFCAP);

static void
drop(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	const struct __user_cap_data_struct caps[2] = {{kept, kept, 0}};

	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
		die("keyctl");
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (cap > 31 || !(kept & BIT(cap)))
			prctl(PR_CAPBSET_DROP, cap);
	if (syscall(SYS_capset, &head, caps) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		die("capset");
}

/* The returns that depend on a capability stay an errno. */
static void
filter(void)
{
	const struct sock_fprog prog = {
	    COUNT(table), (struct sock_filter *)table};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
		die("seccomp");
}

/* Waits for PID; as an init does, for each orphan, too. */
static int
wait_for(pid_t pid)
{
	int status;
	pid_t got;

	while ((got = wait(&status)) != pid)
		if (got < 0)
			die("wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The child: READY gives the number of the tree. */
static void
box(int ready, char **argv)
{
	int tree;
	pid_t pid;

	for (int i = 0; i < ngroups; i++)
		if (tasks[i] >= 0 && write(tasks[i], "0", 1) < 0)
			die("tasks");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWCGROUP) < 0)
		die("unshare");
	if (read(ready, &tree, sizeof(tree)) != sizeof(tree))
		exit(125);
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		die("setresuid");
	if (sethostname("container", 9) < 0)
		die("hostname");
	if (has[NET])
		net_box();
	enter_root(tree);
	if (has[INIT] && (pid = fork()) != 0)
		exit(wait_for(pid));
	if (has[CAPS])
		drop();
	close_range(3, ~0u, CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC);
	if (has[SECCOMP])
		filter();
	execvp(argv[0], argv);
	die("%s", argv[0]);
}

static void
choose(char *parts)
{
	for (char *name; (name = strsep(&parts, ","));)
		for (int i = 0; i < PARTS; i++)
			if (strcmp(names[i], name) == 0 ||
			    (i != NAT && strcmp(name, "all") == 0))
				has[i] = true;
}

static pid_t
start(void)
{
	struct clone_args args = {.exit_signal = SIGCHLD,
	    .flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET |
		     CLONE_NEWUTS | CLONE_NEWIPC | CLONE_FILES};

	if (v2 >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)v2;
	}
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

int
main(int argc, char **argv)
{
	int ready[2], tree, status;
	pid_t pid;

	if (argc < 5)
		diex("usage: floor PARTS GROUPS ROOT PROG [ARG]...");
	owner = getpid();
	choose(argv[1]);
	for (char *dir; (dir = strsep(&argv[2], ":"));)
		if (*dir == '/')
			make_group(dir);
	if (has[NAT])
		nat("I");
	if (pipe2(ready, O_CLOEXEC) < 0 || (pid = start()) < 0)
		die("clone3");
	if (pid == 0)
		box(ready[0], argv + 4);
	write_maps(pid);
	tree = view(argv[3], pid);
	if (has[NET])
		net_host(pid);
	if (write(ready[1], &tree, sizeof(tree)) < 0)
		die("pipe");
	status = wait_for(pid);
	if (has[NET])
		net_end();
	for (int i = 0; i < ngroups; i++)
		rmdir(groups[i]);
	if (has[NAT])
		nat("D");
	return status;
}
