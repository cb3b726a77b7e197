#ifndef BASE_SAY_H
#define BASE_SAY_H

#include <stdbool.h>
#include <stddef.h>

/* The language of a line. */
enum say_lang {
	SAY_SH,	  /* a shell command */
	SAY_IP,	  /* a line of ip -batch */
	SAY_IPT,  /* input of iptables-restore --noflush */
	SAY_IP6T, /* of ip6tables-restore; no tool's own */
};

#define SAY_DRY 1   /* -n: print on stdout, change nothing */
#define SAY_TRACE 2 /* -x: print on stderr, then do */

/* The mode, and the language of the tool's own -n output: lines in another
 * language are comments there. */
void say_mode(int mode, enum say_lang lang);
int say_modes(void);

/* Announces a change to the system by the plain command that a person would
 * type.  Prints the command as the mode asks and keeps it for said(); returns
 * whether to make the change. */
__attribute__((format(printf, 2, 3))) bool say(
    enum say_lang lang, const char *fmt, ...);

/* A word put before each SAY_IP line that is not for the host's namespace,
 * such as "netns exec NAME ip "; "" for none. */
void say_ip_prefix(const char *prefix);

/* The program that reads the next SAY_IPT and SAY_IP6T texts, if not
 * iptables-restore. */
void say_restore(const char *program);

/* said(): the last command announced, in full.  said_why(): the kernel's own
 * sentence about its failure, or ""; say_why() sets it.  said_set() takes over
 * both from another process. */
const char *said(void);
const char *said_why(void);
void say_why(const char *why);
void said_set(const char *text, const char *why);

/* "tool: the command: strerror (the kernel's sentence)", status 125. */
__attribute__((noreturn)) void die_said(void);

/* With -n: prints the next command as a comment and exits; else returns. */
void say_next(char *const argv[]);

/* Dies with 125, with a line, if standard output cannot be written. */
void say_check(void);

/* The end of a tool that has only printed: status 0, or 125 with a line if
 * standard output cannot be written. */
__attribute__((noreturn)) void say_done(void);

/* S as one word of a shell's: S itself if no character needs a quote, else S in
 * quotes, kept to the end of the process.  For each path in a SAY_SH line. */
const char *say_word(const char *s);

/* The words of argv, with blanks between them; malloc'ed. */
char *say_words(char *const argv[]);

#endif
