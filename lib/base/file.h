#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* Whole small files of /proc, /sys and cgroupfs.  DIR is a directory
 * descriptor or AT_FDCWD.  Return -1 with errno. */

/* Writes text in one write(2), as those files demand. */
int write_at(int dir, const char *path, const char *text);

/* Reads at most size - 1 bytes and ends them with NUL; returns the length. */
ssize_t read_at(int dir, const char *path, char *buf, size_t size);

/* The same for a whole file of unknown length, and for the rest of an open one,
 * malloc'ed; NULL with errno. */
char *slurp_at(int dir, const char *path);
char *slurp_fd(int fd);

/* Closes FD (-1: none), keeps errno, and returns -1: the end of a failure. */
int close_keep(int fd);

/* pidfd_open(2), with ESRCH for each process that has ended.  Older kernels
 * (seen with Linux 6.12) say EINVAL where the number is still that of a process
 * group or a session. */
int process_open(pid_t pid);

/* Closes all descriptors above 2 but A and B. */
void close_others(int a, int b);

/* Keeps room on the disk for SIZE bytes behind FROM in the file FD, whose
 * length stays as it is: so a write of them cannot fail for want of room.  -1
 * with errno: there is none.  A file system that cannot keep room is no
 * failure. */
int reserve(int fd, off_t from, off_t size);

/* Whether FD is of TYPE (S_IFREG, S_IFDIR), belongs to this user, and no other
 * user may write it: so its contents are this user's. */
bool is_own(int fd, mode_t type);
/* The same, of what fstat(2) has told. */
struct stat;
bool is_own_stat(const struct stat *st, mode_t type);

/* Whether PATH is the directory DIR or lies below it, by their names. */
bool path_inside(const char *path, const char *dir);

/* 1 if the path NAME, relative to DIR, is there; 0 if not; -1 with errno and
 * said() if that cannot be seen. */
int look_at(int dir, const char *name);

/* Removes the directory PATH, if it is there and is_own(), with its files, but
 * not with directories that are not empty.  -1 with errno. */
int remove_dir(const char *path);

/* Removes the directory PATH, which no other process changes, with all that is
 * in it, however deep.  -1 with errno. */
int remove_deep(const char *path);

/* mkdir -p. */
int make_dirs(const char *path, mode_t mode);

/* Gives the pipes among 0, 1 and 2 to a user: a pipe's mode is 0600, so only
 * its owner can open /dev/stdout.  Descriptors that are open stay so. */
void give_pipes(uid_t uid, gid_t gid);

/* Like snprintf(3), but dies if the path does not fit. */
__attribute__((format(printf, 3, 4))) void path_fmt(
    char *buf, size_t size, const char *fmt, ...);

/* Is asprintf(3), but dies if there is no memory. */
__attribute__((format(printf, 1, 2))) char *text_fmt(const char *fmt, ...);
__attribute__((format(printf, 1, 0))) char *text_vfmt(
    const char *fmt, va_list ap);

/* As open_memstream(3), and its fclose(3), which makes *TEXT valid, malloc'ed.
 * Die if there is no memory. */
FILE *text_open(char **text);
void text_close(FILE *f);

#endif
