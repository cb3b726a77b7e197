#ifndef BASE_DIE_H
#define BASE_DIE_H

#include <err.h> /* before the macros of the same names */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The chain contract's statuses, as of env(1), nice(1) and chroot(1). */
#define EXIT_TOOL 125	/* the tool itself failed, bad usage included */
#define EXIT_NOEXEC 126 /* PROG was found but cannot be executed */
#define EXIT_NOENT 127	/* PROG was not found */

/* The chain contract's status for one of wait(2). */
int exit_status(int status);

/* Calls UNDO at exit(3) of this process, the last one added first.  Dies with
 * 125 if there are too many. */
void at_end(void (*undo)(void));

/* For a child after the fork: its exit undoes nothing.  (The pid does not
 * distinguish child and parent: both may be process 1.) */
void at_end_forget(void);

/* The output for lines to the caller: stderr, or that of die_output_to(). */
FILE *die_output(void);

/* Takes over FD, to which lines for the caller go from then on, and closes the
 * one before; -1 is stderr.  Dies with 125. */
void die_output_to(int fd);

/* Each prints one line to that output.  A box may have written parts of the
 * text, so control characters become \ooo. */

/* "tool: text: strerror(err)"; without the last part where ERR is 0. */
__attribute__((format(printf, 2, 3))) void warn_line(
    int err, const char *fmt, ...);

#define warn(...) warn_line(errno, __VA_ARGS__)
#define warnx(...) warn_line(0, __VA_ARGS__)

/* The same, then status 125. */
#define die_line(err, ...) (warn_line(err, __VA_ARGS__), exit(EXIT_TOOL))
#define die(...) die_line(errno, __VA_ARGS__)
#define diex(...) die_line(0, __VA_ARGS__)

/* "tool: hint: text"; the text names a command that mends the error. */
#define hint(...) warnx("hint: " __VA_ARGS__)

/* The error line, with errno unless that is 0; the hint; status 125. */
#define die_hint(text, ...) \
	(warn(__VA_ARGS__), hint("%s", text), exit(EXIT_TOOL))

#endif
