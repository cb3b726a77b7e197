/*
 * musl - what glibc declares and musl does not, for musl 1.2
 *
 * The Makefile includes this file first in each source.  The functions are
 * glibc's, most of them by syscall(2): see their man pages.
 */
#ifndef BASE_MUSL_H
#define BASE_MUSL_H

#include <features.h>

#ifdef __GLIBC__
#include <sys/pidfd.h>
#else
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/mount.h>

#include "base/fortify.h"

#ifndef CLOSE_RANGE_CLOEXEC
#include <linux/close_range.h>
#endif

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* musl's open(2) sets close-on-exec a second time. */
#define open(path, ...) openat(AT_FDCWD, path, __VA_ARGS__)

/* musl's struct statx has no stx_mnt_id. */
#ifndef STATX_MNT_ID
#define statx kernel_statx
#define statx_timestamp kernel_statx_timestamp
#include <linux/stat.h>
static inline int
kernel_statx(int dir, const char *path, int flags, unsigned mask,
    struct kernel_statx *st)
{
	return (int)syscall(SYS_statx, dir, path, flags, mask, st);
}
#endif

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef AT_STATX_DONT_SYNC
#define AT_STATX_DONT_SYNC 0x4000
#endif

static inline int
fsopen(const char *type, unsigned flags)
{
	return (int)syscall(SYS_fsopen, type, flags);
}

static inline int
fsconfig(int fs, unsigned cmd, const char *key, const void *value, int aux)
{
	return (int)syscall(SYS_fsconfig, fs, cmd, key, value, aux);
}

static inline int
fsmount(int fs, unsigned flags, unsigned attr)
{
	return (int)syscall(SYS_fsmount, fs, flags, attr);
}

static inline int
open_tree(int dir, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, dir, path, flags);
}

static inline int
move_mount(
    int from, const char *path, int to, const char *to_path, unsigned flags)
{
	return (int)syscall(SYS_move_mount, from, path, to, to_path, flags);
}

static inline int
mount_setattr(int dir, const char *path, unsigned flags, struct mount_attr *a,
    size_t size)
{
	return (int)syscall(SYS_mount_setattr, dir, path, flags, a, size);
}

static inline int
execveat(int dir, const char *path, char *const argv[], char *const envp[],
    int flags)
{
	return (int)syscall(SYS_execveat, dir, path, argv, envp, flags);
}

static inline int
close_range(unsigned first, unsigned last, int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

static inline int
pidfd_open(pid_t pid, unsigned flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static inline int
pidfd_send_signal(int fd, int sig, siginfo_t *info, unsigned flags)
{
	return (int)syscall(SYS_pidfd_send_signal, fd, sig, info, flags);
}

/* By the name of the descriptor. */
static inline int
scandirat(int dir, const char *dot, struct dirent ***list,
    int (*wanted)(const struct dirent *),
    int (*compare)(const struct dirent **, const struct dirent **))
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir, dot);
	return scandir(path, list, wanted, compare);
}

static inline const char *
sigabbrev_np(int sig)
{
	static const char *const names[] = {[SIGHUP] = "HUP",
	    [SIGINT] = "INT",
	    [SIGQUIT] = "QUIT",
	    [SIGILL] = "ILL",
	    [SIGTRAP] = "TRAP",
	    [SIGABRT] = "ABRT",
	    [SIGBUS] = "BUS",
	    [SIGFPE] = "FPE",
	    [SIGKILL] = "KILL",
	    [SIGUSR1] = "USR1",
	    [SIGSEGV] = "SEGV",
	    [SIGUSR2] = "USR2",
	    [SIGPIPE] = "PIPE",
	    [SIGALRM] = "ALRM",
	    [SIGTERM] = "TERM",
	    [SIGSTKFLT] = "STKFLT",
	    [SIGCHLD] = "CHLD",
	    [SIGCONT] = "CONT",
	    [SIGSTOP] = "STOP",
	    [SIGTSTP] = "TSTP",
	    [SIGTTIN] = "TTIN",
	    [SIGTTOU] = "TTOU",
	    [SIGURG] = "URG",
	    [SIGXCPU] = "XCPU",
	    [SIGXFSZ] = "XFSZ",
	    [SIGVTALRM] = "VTALRM",
	    [SIGPROF] = "PROF",
	    [SIGWINCH] = "WINCH",
	    [SIGIO] = "POLL",
	    [SIGPWR] = "PWR",
	    [SIGSYS] = "SYS"};

	return sig < (int)(sizeof(names) / sizeof(*names)) ? names[sig] : NULL;
}
#endif

#endif
