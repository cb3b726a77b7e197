// SPDX-License-Identifier: MIT
/*
 * probe - the kernel's answers to a hostile program in a box
 *
 *     probe              every row: "NAME ok", or "NAME ERRNO"
 *     probe NAME...      these
 *     probe ids          the ids and capabilities that it has
 *     probe key PROG...  a new session keyring with a key in it, then PROG
 *     probe notify TEXT  sends it to $NOTIFY_SOCKET
 *
 * A row's call has arguments with which it does no harm to a box that does not
 * refuse it, and is made in a child, whose changes end with it.  On a host they
 * could stay, such as a mount on /tmp or a new host name, so every row is tried
 * as /probe only.  Static, because it runs in any root directory.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/fscrypt.h>
#include <linux/fsverity.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define ROW(name, call) \
	static long name(void) \
	{ \
		return (long)(call); \
	}

/* A new process leaves at once. */
static long
reap(long pid)
{
	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid((pid_t)pid, NULL, 0);
	return pid;
}

static long
clone_with(long flags)
{
	return reap(syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0));
}

static long
clone3_with(uint64_t flags)
{
	uint64_t args[8] = {[0] = flags, [4] = SIGCHLD};

	return reap(syscall(SYS_clone3, args, sizeof(args)));
}

static pid_t
sleeper(void)
{
	const pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	return pid;
}

static long
end(pid_t pid, long ret)
{
	const int saved = errno;

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	errno = saved;
	return ret;
}

static long
trace_child(void)
{
	const pid_t pid = sleeper();

	return end(pid, ptrace(PTRACE_SEIZE, pid, 0, 0));
}

static long
read_child(void)
{
	const pid_t pid = sleeper();
	char byte;
	struct iovec to = {&byte, 1}, from = {(void *)"x", 1};

	return end(pid, process_vm_readv(pid, &to, 1, &from, 1, 0));
}

/* The old way out of a container: an inode of the file system by its number,
 * here the root's. */
static long
by_handle(void)
{
	struct {
		struct file_handle h;
		char space[MAX_HANDLE_SZ];
	} f = {.h.handle_bytes = MAX_HANDLE_SZ};
	const int root = open("/", O_RDONLY | O_CLOEXEC);
	int mount;

	if (syscall(
		SYS_name_to_handle_at, root, "", &f, &mount, AT_EMPTY_PATH) < 0)
		err(1, "name_to_handle_at");
	return syscall(SYS_open_by_handle_at, root, &f, O_RDONLY);
}

static long
device(void)
{
	const char *path = "/probe-device";
	const int ret = mknod(path, S_IFBLK | 0600, makedev(8, 0));

	if (ret == 0)
		unlink(path);
	return ret;
}

static long
fifo(void)
{
	const char *path = "/dev/shm/probe-fifo";
	const int ret = mkfifo(path, 0600);

	if (ret == 0)
		unlink(path);
	return ret;
}

static long
perf(void)
{
	struct perf_event_attr a = {.type = PERF_TYPE_SOFTWARE,
	    .size = sizeof(a),
	    .config = PERF_COUNT_SW_TASK_CLOCK,
	    .exclude_kernel = 1};

	return syscall(SYS_perf_event_open, &a, 0, -1, -1, 0);
}

/* Version 2, or a controller of version 1. */
static long
mount_cgroup(void)
{
	static const char *const v1[] = {"cpu", "pids", "freezer", "memory"};
	int ret = mount("none", "/tmp", "cgroup2", 0, NULL);

	for (size_t i = 0; ret < 0 && errno != EPERM && i < COUNT(v1); i++)
		ret = mount("none", "/tmp", "cgroup", 0, v1[i]);
	return ret;
}

static long
bpf_map(void)
{
	union bpf_attr a = {.map_type = BPF_MAP_TYPE_ARRAY,
	    .key_size = 4,
	    .value_size = 4,
	    .max_entries = 1};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));
}

static long
push(unsigned long request)
{
	return syscall(SYS_ioctl, 0, request, "#");
}

/* With an argument that asks for nothing. */
static long
root_ioctl(unsigned long request)
{
	static const char nothing[256];

	return ioctl(open("/", O_RDONLY | O_CLOEXEC), request, nothing);
}

static long
find_key(void)
{
	return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING,
	    "user", "box-probe", 0);
}

ROW(unshare_user, unshare(CLONE_NEWUSER))
ROW(unshare_mount, unshare(CLONE_NEWNS))
ROW(clone_user, clone_with(CLONE_NEWUSER))
ROW(clone_plain, clone_with(0))
ROW(clone3_user, clone3_with(CLONE_NEWUSER))
ROW(setns_uts, setns(open("/proc/self/ns/uts", O_RDONLY), CLONE_NEWUTS))
ROW(mount_tmpfs, mount("none", "/tmp", "tmpfs", 0, NULL))
ROW(umount_mask, umount2("/proc/sys", MNT_DETACH))
ROW(remount_mask, mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL))
ROW(remount_root, mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL))
ROW(fs_open, syscall(SYS_fsopen, "tmpfs", 0))
ROW(tree_clone, syscall(SYS_open_tree, -100, "/", 1 | AT_RECURSIVE))
ROW(chroot_root, chroot("/"))
ROW(host_name, sethostname("probe", 5))
ROW(kernel_log, syscall(SYS_syslog, 10, NULL, 0))
ROW(keyring, syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -3, 0))
ROW(key_add, syscall(SYS_add_key, "user", "probe", "x", 1, -2))
ROW(key_request, syscall(SYS_request_key, "user", "probe", NULL, 0))
ROW(io_uring, syscall(SYS_io_uring_setup, 1, (char[256]){0}))
ROW(fault, syscall(SYS_userfaultfd, 1))
ROW(module, syscall(SYS_init_module, "", 0, ""))
ROW(fanotify, syscall(SYS_fanotify_init, 0, 0))
ROW(compare, syscall(SYS_kcmp, getpid(), getpid(), 1, 0, 0))
ROW(mempolicy, syscall(SYS_set_mempolicy, 0, NULL, 0))
ROW(no_aslr, personality(ADDR_NO_RANDOMIZE))
ROW(vsock, socket(AF_VSOCK, SOCK_STREAM, 0))
ROW(alg, socket(AF_ALG, SOCK_SEQPACKET, 0))
ROW(raw, socket(AF_INET, SOCK_RAW, 1))
ROW(packet, socket(AF_PACKET, SOCK_RAW, 0))
ROW(netlink, socket(AF_NETLINK, SOCK_RAW, 0))
ROW(tcp, socket(AF_INET6, SOCK_STREAM, 0))
ROW(tiocsti, push(TIOCSTI))
ROW(tiocsti_high, push(TIOCSTI | 1UL << 32))
ROW(tioclinux, push(TIOCLINUX))
/* Without a reservation the kernel needs no free huge page for these. */
#define HUGE_FLAGS (MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE)
ROW(huge_map, syscall(SYS_mmap, NULL, 1 << 21, PROT_READ, HUGE_FLAGS, -1, 0))
ROW(huge_file, memfd_create("probe", MFD_HUGETLB))
ROW(huge_shm, shmget(IPC_PRIVATE, 1 << 21, SHM_HUGETLB | SHM_NORESERVE))
ROW(crypt_key, root_ioctl(FS_IOC_ADD_ENCRYPTION_KEY))
ROW(crypt_policy, root_ioctl(FS_IOC_SET_ENCRYPTION_POLICY))
ROW(verity, root_ioctl(FS_IOC_ENABLE_VERITY))
/* TCP_AO_ADD_KEY */
ROW(auth_key, setsockopt(socket(AF_INET, SOCK_STREAM, 0), SOL_TCP, 38, "", 0))
ROW(unknown, syscall(1000))
#ifdef __x86_64__
/* The other ways into the kernel that a 64-bit program has. */
static long
int80(long nr, long a, long b, long c, long d)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d)
			 : "memory", "r8", "r9", "r10", "r11");
	errno = -(int)ret;
	return (int)ret < 0 ? -1 : 0;
}

static long
i386_socketcall(void)
{
	uint32_t *args = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	args[0] = AF_VSOCK;
	args[1] = SOCK_STREAM;
	return int80(102, 1, (long)args, 0, 0);
}

/* The old call, whose arguments lie in memory. */
static long
i386_huge_old(void)
{
	uint32_t *args = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	args[1] = 1 << 21;
	args[2] = PROT_READ;
	args[3] = HUGE_FLAGS;
	args[4] = UINT32_MAX;
	return int80(90, (long)args, 0, 0, 0);
}

ROW(x32_getpid, syscall(0x40000000 + SYS_getpid))
ROW(i386_getpid, int80(20, 0, 0, 0, 0))
ROW(i386_unshare, int80(310, CLONE_NEWUSER, 0, 0, 0))
ROW(i386_keyring, int80(288, KEYCTL_GET_KEYRING_ID, -3, 0, 0))
ROW(i386_tiocsti, int80(54, 0, TIOCSTI, 0, 0))
ROW(i386_huge_shm, int80(117, 23, 0, 1 << 21, SHM_HUGETLB | SHM_NORESERVE))
ROW(i386_vsock, int80(359, AF_VSOCK, SOCK_STREAM, 0, 0))
#endif

static const struct {
	const char *name;
	long (*call)(void);
} rows[] = {
#define R(name) \
	{ \
#name, name \
	}
    R(unshare_user),
    R(unshare_mount),
    R(clone_user),
    R(clone_plain),
    R(clone3_user),
    R(setns_uts),
    R(mount_tmpfs),
    R(remount_mask),
    R(umount_mask),
    R(mount_cgroup),
    R(remount_root),
    R(fs_open),
    R(tree_clone),
    R(chroot_root),
    R(device),
    R(fifo),
    R(by_handle),
    R(host_name),
    R(kernel_log),
    R(keyring),
    R(key_add),
    R(key_request),
    R(find_key),
    R(bpf_map),
    R(io_uring),
    R(fault),
    R(perf),
    R(module),
    R(fanotify),
    R(compare),
    R(mempolicy),
    R(no_aslr),
    R(trace_child),
    R(read_child),
    R(vsock),
    R(alg),
    R(raw),
    R(packet),
    R(netlink),
    R(tcp),
    R(tiocsti),
    R(tiocsti_high),
    R(tioclinux),
    R(huge_map),
    R(huge_file),
    R(huge_shm),
    R(crypt_key),
    R(crypt_policy),
    R(verity),
    R(auth_key),
    R(unknown),
#ifdef __x86_64__
    R(x32_getpid),
    R(i386_getpid),
    R(i386_unshare),
    R(i386_keyring),
    R(i386_tiocsti),
    R(i386_vsock),
    R(i386_huge_old),
    R(i386_huge_shm),
    R(i386_socketcall),
#endif
};

static void
try(size_t i)
{
	const pid_t pid = fork();
	const char *name;
	int status;

	if (pid == 0)
		_exit(rows[i].call() < 0 ? errno : 0);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		err(1, "fork");
	if (WIFSIGNALED(status))
		printf(
		    "%s SIG%s\n", rows[i].name, sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == 0)
		printf("%s ok\n", rows[i].name);
	else if ((name = strerrorname_np(WEXITSTATUS(status))))
		printf("%s %s\n", rows[i].name, name);
	else
		printf("%s %d\n", rows[i].name, WEXITSTATUS(status));
	fflush(stdout);
}

static void
try_name(const char *name)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(rows[i].name, name) == 0) {
			try(i);
			return;
		}
	errx(1, "no row '%s'", name);
}

static void
print_ids(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "Uid", 3) == 0 ||
		    strncmp(line, "CapEff", 6) == 0)
			fputs(line, stdout);
}

static void
give_key(char *prog[])
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
	    syscall(SYS_add_key, "user", "box-probe", "secret", 6,
		KEY_SPEC_SESSION_KEYRING) < 0)
		err(1, "key");
	execvp(prog[0], prog);
	err(1, "%s", prog[0]);
}

static void
notify(const char *text)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	const char *path = getenv("NOTIFY_SOCKET");

	if (!path)
		errx(1, "no NOTIFY_SOCKET");
	strncpy(to.sun_path, path, sizeof(to.sun_path) - 1);
	if (sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to,
		sizeof(to)) < 0)
		err(1, "%s", path);
}

int
main(int argc, char *argv[])
{
	if (argc == 3 && strcmp(argv[1], "notify") == 0) {
		notify(argv[2]);
		return 0;
	}
	if (argc > 2 && strcmp(argv[1], "key") == 0)
		give_key(argv + 2);
	if (argc == 2 && strcmp(argv[1], "ids") == 0) {
		print_ids();
		return 0;
	}
	if (argc == 1 && access("/probe", X_OK) < 0)
		err(1, "/probe: not a box's root directory");
	for (int i = 1; i < argc; i++)
		try_name(argv[i]);
	for (size_t i = 0; argc == 1 && i < COUNT(rows); i++)
		try(i);
	return 0;
}
