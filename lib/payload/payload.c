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
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
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
	p->confine.base = caps_kept;
}

static void
tty_size(struct pty *p, const char *word)
{
	unsigned cols, rows;
	char end;

	if (sscanf(word, "%5u%*1[x]%5u%c", &cols, &rows, &end) != 2 ||
	    cols > USHRT_MAX || rows > USHRT_MAX)
		diex("--tty-size: '%s' is not a size such as 80x24", word);
	p->cols = (unsigned short)cols;
	p->rows = (unsigned short)rows;
}

void
payload_opt(struct payload *p, int c)
{
	switch (c) {
	case 't':
		p->tty = true;
		break;
	case OPT_TTY_SIZE:
		tty_size(&p->pty, optarg);
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
		env_file(&p->files, optarg);
		break;
	case OPT_GROUPS:
		p->only_groups = optarg;
		break;
	case OPT_CLEAR_ENV:
		p->clear_env = true;
		break;
	case OPT_CAPS:
		p->confine.base = *optarg ? caps_list("--caps", optarg) : 0;
		caps_check("--caps", p->confine.base);
		break;
	case OPT_AMBIENT:
		p->confine.ambient |=
		    *optarg ? caps_list("--ambient", optarg) : 0;
		break;
	case OPT_APPARMOR:
		p->apparmor = optarg;
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
	case OPT_SECCOMP_FLAGS:
		seccomp_flags(&p->confine.seccomp, "--seccomp-flags", optarg);
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
	const char *path = env_get(&p->env, "PATH");

	return path ? path : DEFAULT_PATH;
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

static void
check_ambient(const struct confine *c)
{
	if (c->ambient & ~caps_keep(c->base, c->add, c->drop))
		diex("--ambient: a capability that --caps or --cap-drop takes");
}

/* For the next exec, which is PROG's: the kernel keeps the word across a fork
 * and a change of ids.  The box's /proc is not needed for it. */
static void
set_apparmor(const char *profile)
{
	static const char file[] = "/proc/self/attr/apparmor/exec";
	char *word = text_fmt("exec %s", profile);

	if (!say(SAY_SH, "echo %s > %s", say_word(word), file) ||
	    write_at(AT_FDCWD, file, word) == 0)
		return;
	if (access(file, F_OK) < 0)
		die_hint(
		    "this kernel has no AppArmor", "--apparmor %s", profile);
	die_hint(text_fmt("aa-status lists the loaded profiles"),
	    "--apparmor %s", profile);
}

void
payload_ready(struct payload *p)
{
	caps_check("--cap-add", p->confine.add);
	if (!p->clear_env) {
		env_set(&p->env, (char *)"PATH=" DEFAULT_PATH);
		env_option(&p->env, (char *)"TERM");
	}
	/* Variables of -e replace variables of files. */
	env_add(&p->env, &p->files);
	env_receive(&p->env);
	env_add(&p->env, &p->options);
	streams_check();
	inherit_close_others();
	p->confine.no_seccomp = p->seccomp && strcmp(p->seccomp, "off") == 0;
	if (!p->confine.no_seccomp)
		seccomp_read(&p->confine.seccomp, p->seccomp);
	check_ambient(&p->confine);
	if (p->apparmor)
		set_apparmor(p->apparmor);
}

/* Finds the user in the root's own files, and enters the working directory. */
static void
settle(struct payload *p, struct user *user)
{
	char here[PATH_MAX];

	user_get(user, p->user, !env_get(&p->env, "HOME"));
	if (p->only_groups)
		user_set_groups(user, "--groups", p->only_groups);
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
