#ifndef DIE_H
#define DIE_H

#include <err.h>

/* The chain contract's statuses, as of env(1), nice(1) and chroot(1). */
#define EXIT_TOOL 125	/* the tool itself failed, bad usage included */
#define EXIT_NOEXEC 126 /* PROG was found but cannot be executed */
#define EXIT_NOENT 127	/* PROG was not found */

/* die: "tool: text: strerror(errno)", status 125.  diex: without errno. */
#define die(...) err(EXIT_TOOL, __VA_ARGS__)
#define diex(...) errx(EXIT_TOOL, __VA_ARGS__)

/* One line "tool: hint: text" on stderr: the command that mends it. */
__attribute__((format(printf, 1, 2))) void hint(const char *fmt, ...);

/* The error line, then the hint; errno 0 leaves strerror out. */
__attribute__((noreturn, format(printf, 2, 3))) void die_hint(
    const char *hint_text, const char *fmt, ...);

#endif
