// SPDX-License-Identifier: MIT
/*
 * fortify - functions that write into a buffer end the program before its end
 *
 * glibc has that with -D_FORTIFY_SOURCE, musl has not.  musl.h includes this
 * file.  The compiler knows the room of most buffers; where not, nothing is
 * checked.
 */
#ifndef BASE_FORTIFY_H
#define BASE_FORTIFY_H

/* sched.h declares functions of string.h again. */
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Says that there is an overflow, and aborts. */
__attribute__((noreturn, cold)) void fortify_fail(void);
/* As sprintf(3), into ROOM bytes. */
__attribute__((format(printf, 3, 4))) int fortify_sprintf(
    char *to, size_t room, const char *fmt, ...);

/* N, a number of bytes for a buffer of ROOM bytes. */
static inline size_t
fortify(size_t n, size_t room)
{
	if (n > room)
		fortify_fail();
	return n;
}

/* FROM, which is to be added to the text TO. */
static inline const char *
fortify_text(const char *to, const char *from, size_t room)
{
	if (room != (size_t)-1)
		fortify(strlen(to) + strlen(from) + 1, room);
	return from;
}

static inline char *
fortify_strcat(char *to, const char *from, size_t room)
{
	return strcat(to, fortify_text(to, from, room));
}

/* glibc has macros of these names with clang. */
#if defined _FORTIFY_SOURCE && _FORTIFY_SOURCE > 0 && !defined __GLIBC__
/* Of the whole object for bytes, of the member for text, as glibc has it. */
#define FORTIFY_N(p, n) fortify(n, __builtin_dynamic_object_size(p, 0))
#define FORTIFY_ROOM(p) __builtin_dynamic_object_size(p, 1)

#define memcpy(to, from, n) (memcpy)(to, from, FORTIFY_N(to, n))
#define memmove(to, from, n) (memmove)(to, from, FORTIFY_N(to, n))
#define mempcpy(to, from, n) (mempcpy)(to, from, FORTIFY_N(to, n))
#define memset(to, byte, n) (memset)(to, byte, FORTIFY_N(to, n))
#define strcpy(to, from) (strcpy)(to, fortify_text("", from, FORTIFY_ROOM(to)))
#define stpcpy(to, from) (stpcpy)(to, fortify_text("", from, FORTIFY_ROOM(to)))
#define strcat(to, from) fortify_strcat(to, from, FORTIFY_ROOM(to))
#define sprintf(to, ...) fortify_sprintf(to, FORTIFY_ROOM(to), __VA_ARGS__)
#define snprintf(to, n, ...) \
	(snprintf)(to, fortify(n, FORTIFY_ROOM(to)), __VA_ARGS__)
#define vsnprintf(to, n, fmt, ap) \
	(vsnprintf)(to, fortify(n, FORTIFY_ROOM(to)), fmt, ap)
#define read(fd, to, n) (read)(fd, to, FORTIFY_N(to, n))
#define pread(fd, to, n, at) (pread)(fd, to, FORTIFY_N(to, n), at)
#define readlink(path, to, n) (readlink)(path, to, FORTIFY_N(to, n))
#endif

#endif
