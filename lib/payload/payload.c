// SPDX-License-Identifier: MIT
/* payload - the options of PROG's process, and the last steps to PROG */
#include "payload/payload.h"
#include "base/die.h"
#include "base/file.h"
#include "base/run.h"
#include "base/say.h"
#include "payload/caps.h"
#include "payload/fresh.h"
#include "payload/user.h"
#include "stage/chain.h"
#include "stage/door.h"
#include "stage/inherit.h"
#include "stage/stand.h"
#include "term/streams.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

void
payload_begin(struct payload *p)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		die("prctl PR_SET_DUMPABLE");
	p->workdir = "/";
	env_set(&p->env, (char *)"PATH=" DEFAULT_PATH);
	env_option(&p->env, (char *)"TERM");
}

void
payload_opt(struct payload *p, int c)
{
	switch (c) {
	case 't':
		p->tty = true;
		break;
	case 'w':
		p->workdir = optarg;
		break;
	case 'u':
		p->user = optarg;
		break;
	case OPT_GROUP_ADD:
		if (p->n_groups == PAYLOAD_GROUPS)
			diex("--group-add: more than %d", PAYLOAD_GROUPS);
		p->groups[p->n_groups++] = optarg;
		break;
	case 'e':
		env_option(&p->options, optarg);
		break;
	case OPT_ENV_FILE:
		env_file(&p->env, optarg);
		break;
	case OPT_PRESERVE_FD:
		inherit_pass("--preserve-fd", optarg);
		break;
	case OPT_CAP_ADD:
		p->confine.add |= caps_list("--cap-add", optarg);
		break;
	case OPT_CAP_DROP:
		p->confine.drop |= caps_list("--cap-drop", optarg);
		break;
	case OPT_SECCOMP:
		p->seccomp = optarg;
		break;
	case OPT_FRESH:
		p->fresh = true;
		break;
	case OPT_NEW_PRIVS:
		p->confine.new_privs = true;
		break;
	}
}

const char *
payload_path(const struct payload *p)
{
	return env_get(&p->env, "PATH");
}

void
payload_relay(const struct payload *p)
{
	if (!p->tty || door_fd() >= 0 || say_modes() & SAY_DRY)
		return;
	errno = 0;
	die_hint(text_fmt("ns-spawn --init ... %s --tty ...",
		     program_invocation_short_name),
	    "--tty needs ns-spawn in front, which relays the terminal");
}

void
payload_ready(struct payload *p)
{
	caps_check(p->confine.add);
	/* Variables of -e replace variables of files. */
	env_receive(&p->env);
	env_add(&p->env, &p->options);
	streams_check();
	inherit_close_others();
	p->confine.no_seccomp = p->seccomp && strcmp(p->seccomp, "off") == 0;
	if (!p->confine.no_seccomp)
		seccomp_read(&p->confine.seccomp, p->seccomp);
}

/* Finds the user in the root's own files, and enters the working directory. */
static void
settle(struct payload *p, struct user *user)
{
	char here[PATH_MAX];

	user_get(user, p->user);
	for (unsigned i = 0; i < p->n_groups; i++)
		user_add_group(user, p->groups[i]);
	if (!env_get(&p->env, "HOME"))
		env_set(&p->env, text_fmt("HOME=%s", user->home));
	if (chdir(p->workdir) < 0)
		die("--workdir %s", p->workdir);
	/* --workdir /proc/self/fd/N of a descriptor that the caller left open
	 * leads out of the root (CVE-2024-21626): getcwd(2) has no path to it.
	 */
	if (!getcwd(here, sizeof(here)) || here[0] != '/') {
		errno = EXDEV;
		die("--workdir %s", p->workdir);
	}
}

void
payload_become(struct payload *p, char *const argv[])
{
	const bool dry = say_modes() & SAY_DRY;
	struct user user = {0};

	if (!dry)
		settle(p, &user);
	if (p->tty)
		pty_take(&p->pty, user.uid);
	if (p->tty && !dry) {
		if (door_tty(p->pty.master) < 0)
			die("--tty: %s",
			    *said() ? said() : "hand over the terminal");
		close(p->pty.master);
	}
	if (p->fresh && !dry)
		fresh();
	/* The $PATH by which PROG is found is the box's. */
	environ = p->env.words;
	if (!dry && stand_asked()) {
		inherit_close_all();
		chain_stand(argv);
	}
	confine(&p->confine, &user);
	say_next(argv);
	chain_last(argv);
}
