// SPDX-License-Identifier: MIT
/* payload - what PROG is to be, and the last steps to it */
#include "payload/payload.h"
#include "base/die.h"
#include "base/run.h"
#include "base/say.h"
#include "payload/caps.h"
#include "payload/fresh.h"
#include "payload/user.h"
#include "stage/chain.h"
#include "stage/door.h"
#include "stage/inherit.h"
#include "term/streams.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Where the variable of WORD, "NAME=...", is or would be. */
static unsigned
find_env(const struct payload *p, const char *word)
{
	const size_t len = strcspn(word, "=") + 1;
	unsigned i = 0;

	while (i < p->n_env && strncmp(p->env[i], word, len) != 0)
		i++;
	return i;
}

void
payload_env(struct payload *p, char *word)
{
	const unsigned i = find_env(p, word);

	if (i == PAYLOAD_ENV)
		diex("--env: more than %d variables", PAYLOAD_ENV);
	p->env[i] = word;
	if (i == p->n_env)
		p->n_env++;
}

/* NAME takes the caller's value, and nothing if there is none. */
static void
pass_env(struct payload *p, const char *name)
{
	const char *value = getenv(name);
	char *word;

	if (!value)
		return;
	if (asprintf(&word, "%s=%s", name, value) < 0)
		die("asprintf");
	payload_env(p, word);
}

void
payload_begin(struct payload *p)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		die("prctl PR_SET_DUMPABLE");
	p->workdir = "/";
	/* Before those of -e, which replace them. */
	payload_env(p, (char *)"PATH=" DEFAULT_PATH);
	pass_env(p, "TERM");
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
	case 'e':
		if (!*optarg || *optarg == '=')
			diex("--env: '%s' has no name", optarg);
		if (strchr(optarg, '='))
			payload_env(p, optarg);
		else
			pass_env(p, optarg);
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
		p->filter = optarg;
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
	return p->env[find_env(p, "PATH=")] + strlen("PATH=");
}

void
payload_ready(struct payload *p)
{
	streams_check();
	inherit_close_others();
	p->confine.no_filter = p->filter && strcmp(p->filter, "off") == 0;
	if (!p->confine.no_filter)
		sysfilter_read(&p->confine.filter, p->filter);
}

/* Who it is to be and where, by the files of the root that we are in. */
static void
settle(struct payload *p, struct user *user)
{
	char *home, here[PATH_MAX];

	user_get(user, p->user);
	if (asprintf(&home, "HOME=%s", user->home) < 0)
		die("asprintf");
	if (find_env(p, home) == p->n_env)
		payload_env(p, home);
	if (chdir(p->workdir) < 0)
		die("--workdir %s", p->workdir);
	/* A descriptor that the caller left open could lead out of the root
	 * (CVE-2024-21626); where it does, there is no path to it. */
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
			die("--tty: hand over the terminal");
		close(p->pty.master);
	}
	if (p->fresh && !dry)
		fresh();
	confine(&p->confine, &user);
	say_next(argv);
	environ = p->env;
	chain_last(argv);
}
