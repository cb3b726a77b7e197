#ifndef PAYLOAD_PAYLOAD_H
#define PAYLOAD_PAYLOAD_H

#include "payload/confine.h"
#include "stage/env.h"
#include "stage/opt.h"
#include "term/pty.h"

#include <stdbool.h>

/* The options and the last steps of a stage that ends in foreign code of a box.
 * The order of calls: payload_begin(), payload_opt() for each option,
 * payload_ready(), the way into the box, payload_become(). */

#define PAYLOAD_GROUPS 64 /* of --group-add */

struct payload {
	const char *workdir, *user, *seccomp, *apparmor;
	const char *only_groups; /* of --groups, or NULL */
	const char *groups[PAYLOAD_GROUPS];
	unsigned n_groups;
	bool tty, fresh, clear_env;
	struct pty pty; /* with tty: open before payload_become() */
	struct confine confine;
	/* The last two until payload_ready(): of --env-file, and of -e. */
	struct env env, files, options;
};

enum {
	OPT_PRESERVE_FD = OPT_LONG + 100,
	OPT_TTY_SIZE,
	OPT_CAP_ADD,
	OPT_CAP_DROP,
	OPT_SECCOMP,
	OPT_SECCOMP_FLAGS,
	OPT_NEW_PRIVS,
	OPT_FRESH,
	OPT_ENV_FILE,
	OPT_GROUP_ADD,
	OPT_GROUPS,
	OPT_CLEAR_ENV,
	OPT_CAPS,
	OPT_AMBIENT,
	OPT_APPARMOR,
};

#define PAYLOAD_OPTS \
	{'t', "tty", NULL, "a terminal of the box's own"}, \
	    {OPT_TTY_SIZE, "tty-size", "COLSxROWS", \
		"the size of its window at first"}, \
	    {'w', "workdir", "DIR", "working directory (default: /)"}, \
	    {'u', "user", "USER[:GROUP]", "names or numbers (default: root)"}, \
	    {OPT_GROUP_ADD, "group-add", "GROUP", \
		"a group of prog's, besides the user's"}, \
	    {OPT_GROUPS, "groups", "LIST", \
		"numbers: prog's other groups are these alone"}, \
	    {'e', "env", "NAME[=VALUE]", \
		"environment variable; alone: the caller's"}, \
	    {OPT_ENV_FILE, "env-file", "FILE", \
		"environment variables, one a line"}, \
	    {OPT_CLEAR_ENV, "clear-env", NULL, \
		"no PATH and TERM but by --env"}, \
	    {OPT_PRESERVE_FD, "preserve-fd", "LIST", \
		"descriptors that prog is to have"}, \
	    {OPT_CAPS, "caps", "LIST", \
		"begin with these capabilities, not docker's"}, \
	    {OPT_AMBIENT, "ambient", "LIST", \
		"those of an ordinary user's prog"}, \
	    {OPT_CAP_ADD, "cap-add", "LIST", \
		"keep these capabilities, too, or ALL"}, \
	    {OPT_CAP_DROP, "cap-drop", "LIST", "drop these, too, or ALL"}, \
	    {OPT_SECCOMP, "seccomp", "FILE", \
		"filter of system calls, or off or namespaces"}, \
	    {OPT_SECCOMP_FLAGS, "seccomp-flags", "LIST", \
		"of that filter: log, spec-allow"}, \
	    {OPT_APPARMOR, "apparmor", "PROFILE", \
		"prog's profile of AppArmor, a loaded one"}, \
	    {OPT_FRESH, "fresh", NULL, \
		"begin with the modes of a new login, see box(7)"}, \
	{ \
		OPT_NEW_PRIVS, "new-privs", NULL, \
		    "let set-user-ID programs gain rights" \
	}

/* Makes the process undumpable: until the exec of PROG no process of the box
 * can trace it or take its descriptors. */
void payload_begin(struct payload *p);

/* Takes the option C with its optarg, if C is one of PAYLOAD_OPTS.  Dies with
 * 125 on a bad argument. */
void payload_opt(struct payload *p, int c);

/* The directories in which PROG is looked for, as $PATH. */
const char *payload_path(const struct payload *p);

/* Dies with 125 if a terminal (--tty) has no relay. */
void payload_relay(const struct payload *p);

/* After the last option, still on the host: completes the environment,
 * closes the inherited descriptors except those of --preserve-fd
 * (inherit_close_others()), reads the seccomp filter, and sets the profile of
 * AppArmor for the next exec.  Dies with 125. */
void payload_ready(struct payload *p);

/* Becomes the user, takes the terminal, confines the process, and executes
 * ARGV; with -n only announces that. */
__attribute__((noreturn)) void payload_become(
    struct payload *p, char *const argv[]);

#endif
