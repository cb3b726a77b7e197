// SPDX-License-Identifier: MIT
/* process - a process of a config, as words of proc-set and of the payload */
#include "oci/process.h"
#include "base/die.h"
#include "base/file.h"
#include "stage/env.h"

#include <ctype.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>

#define MOST_ID (UINT32_MAX - 1)

/* "RLIMIT_NOFILE" is "nofile". */
static char *
limit_name(struct json type)
{
	const char *word = json_text(type, "");
	char *name;

	if (strncmp(word, "RLIMIT_", 7) != 0)
		json_die(type, "'%s' is no RLIMIT_...", word);
	name = text_fmt("%s", word + 7);
	for (char *s = name; *s; s++)
		*s = (char)tolower((unsigned char)*s);
	return name;
}

/* 2^64 - 1 is the kernel's word for no limit. */
static const char *
limit_text(struct json j)
{
	const uint64_t n = json_u64(j, UINT64_MAX, 0);

	return n == UINT64_MAX ? "max" : text_fmt("%ju", (uintmax_t)n);
}

static void
put_limits(struct words *w, struct json limits)
{
	for (size_t i = 0; i < json_count(limits); i++) {
		const struct json l = json_at(limits, i);
		const struct json soft = json_get(l, "soft");
		const struct json hard = json_get(l, "hard");
		char *name;

		json_need_text(l, "type");
		name = limit_name(json_get(l, "type"));
		for (size_t k = 0; k < i; k++)
			if (strcmp(
				json_text(
				    json_get(json_at(limits, k), "type"), ""),
				json_text(json_get(l, "type"), "")) == 0)
				json_die(l, "a second limit of that type");
		if (!json_there(soft) || !json_there(hard))
			json_die(l, "needs soft and hard");
		words_value(w, "--rlimit", "%s=%s:%s", name, limit_text(soft),
		    limit_text(hard));
		free(name);
	}
}

/* The word of proc-set for one of the specification's; dies if there is none.
 */
static const char *
word_of(struct json j, const char *const names[][2])
{
	for (size_t i = 0; names[i][0]; i++)
		if (strcmp(json_text(j, ""), names[i][0]) == 0)
			return names[i][1];
	json_die(j, "'%s' is not done", json_text(j, ""));
}

static void
put_io(struct words *w, struct json io)
{
	static const char *const names[][2] = {
	    {"IOPRIO_CLASS_RT", "realtime"},
	    {"IOPRIO_CLASS_BE", "best-effort"},
	    {"IOPRIO_CLASS_IDLE", "idle"},
	    {NULL, NULL},
	};
	const char *word;

	if (!json_there(io))
		return;
	word = word_of(json_get(io, "class"), names);
	if (strcmp(word, "idle") == 0) {
		json_refuse(io, "priority", "the idle class has none");
		words_option(w, "--ionice", word);
	} else {
		words_value(w, "--ionice", "%s:%jd", word,
		    (intmax_t)json_need_int(io, "priority", 0, 7));
	}
}

static void
put_scheduler(struct words *w, struct json s)
{
	static const char *const names[][2] = {
	    {"SCHED_OTHER", "other"},
	    {"SCHED_BATCH", "batch"},
	    {"SCHED_IDLE", "idle"},
	    {"SCHED_FIFO", "fifo"},
	    {"SCHED_RR", "rr"},
	    {NULL, NULL},
	};
	static const char *const others[] = {
	    "flags", "runtime", "deadline", "period"};
	const struct json nice = json_get(s, "nice");
	const char *word;

	if (!json_there(s))
		return;
	word = word_of(json_get(s, "policy"), names);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		json_refuse(s, others[i], "not done");
	if (strcmp(word, "fifo") == 0 || strcmp(word, "rr") == 0) {
		words_value(w, "--sched", "%s:%jd", word,
		    (intmax_t)json_need_int(s, "priority", 1, 99));
	} else {
		json_refuse(
		    s, "priority", "only SCHED_FIFO and SCHED_RR have one");
		words_option(w, "--sched", word);
	}
	if (json_there(nice))
		words_value(
		    w, "--nice", "%jd", (intmax_t)json_int(nice, -20, 19, 0));
}

static void
put_personality(struct words *w, struct json personality)
{
	static const char *const names[][2] = {
	    {"LINUX", "linux"},
	    {"LINUX32", "linux32"},
	    {NULL, NULL},
	};

	if (!json_there(personality))
		return;
	json_refuse(personality, "flags", "not done");
	words_option(w, "--personality",
	    word_of(json_get(personality, "domain"), names));
}

void
process_inherits(struct words *w, struct json process, struct json config)
{
	const struct json oom = json_get(process, "oomScoreAdj");
	const struct json mask = json_get(process, "user.umask");

	words_stage(w, "proc-set");
	put_limits(w, json_get(process, "rlimits"));
	if (json_there(oom))
		words_value(
		    w, "--oom", "%jd", (intmax_t)json_int(oom, -1000, 1000, 0));
	put_scheduler(w, json_get(process, "scheduler"));
	put_io(w, json_get(process, "ioPriority"));
	put_personality(w, json_get(config, "linux.personality"));
	words_value(
	    w, "--umask", "%03jo", (uintmax_t)json_int(mask, 0, 0777, 022));
}

static bool
has_cap(struct json set, const char *name)
{
	for (size_t i = 0; i < json_count(set); i++)
		if (strcasecmp(json_text(json_at(set, i), ""), name) == 0)
			return true;
	return false;
}

/* The list of those in SET that the kernel and libcap know, and that are also
 * in BOTH and ALSO; the specification wants a warning for the others. */
static char *
caps(struct json set, struct json both, struct json also)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	char *list;
	FILE *f = text_open(&list);

	for (size_t i = 0; i < json_count(set); i++) {
		const struct json c = json_at(set, i);
		const char *name = json_text(c, "");
		cap_value_t value;

		/* cap_from_name(3) takes "cap_chown,all" for cap_chown. */
		if (strncasecmp(name, "CAP_", 4) != 0 ||
		    name[strspn(name, letters)] ||
		    cap_from_name(name, &value) < 0 || !CAP_IS_SUPPORTED(value))
			warnx("%s: '%s' is not known here, and left out",
			    c.name, name);
		else if (!has_cap(both, name) || !has_cap(also, name))
			warnx("%s: '%s' is not in %s, and left out", c.name,
			    name, has_cap(both, name) ? also.name : both.name);
		else
			fprintf(f, "%s%s", ftell(f) > 0 ? "," : "", name + 4);
	}
	text_close(f);
	return list;
}

/* At execve(2) only the bounding set and the ambient one decide; with
 * no_new_privs root gets none that is not permitted before.  An ambient
 * capability is inheritable and permitted, too. */
static void
put_caps(struct words *w, struct json process)
{
	const struct json sets = json_get(process, "capabilities");
	const struct json all = json_get(sets, "bounding");
	const struct json ambient = json_get(sets, "ambient");
	const struct json permitted = json_get(sets, "permitted");
	const bool root =
	    json_int(json_get(process, "user.uid"), 0, MOST_ID, 0) == 0;
	const bool bound =
	    root && json_true(json_get(process, "noNewPrivileges"), false);
	char *list;

	words_option(w, "--caps", caps(all, bound ? permitted : all, all));
	/* For the warnings. */
	free(caps(json_get(sets, "effective"), permitted, permitted));
	list = caps(ambient, json_get(sets, "inheritable"), permitted);
	if (*list)
		words_option(w, "--ambient", list);
}

static void
put_user(struct words *w, struct json user)
{
	const struct json groups = json_get(user, "additionalGids");
	char *list;
	FILE *f;

	words_value(w, "-u", "%jd:%jd",
	    (intmax_t)json_int(json_get(user, "uid"), 0, MOST_ID, 0),
	    (intmax_t)json_int(json_get(user, "gid"), 0, MOST_ID, 0));
	f = text_open(&list);
	for (size_t i = 0; i < json_count(groups); i++)
		fprintf(f, "%s%jd", i ? "," : "",
		    (intmax_t)json_int(json_at(groups, i), 0, MOST_ID, 0));
	text_close(f);
	words_option(w, "--groups", list);
	free(list);
}

static void
put_env(struct words *w, struct json list, bool shown)
{
	static struct env env;

	words_add(w, "--clear-env");
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json e = json_at(list, i);
		const char *word = json_text(e, "");

		if (!strchr(word, '=') || *word == '=')
			json_die(e, "'%s' is not NAME=VALUE", word);
		if (shown)
			words_option(w, "-e", word);
		else
			env_set(&env, text_fmt("%s", word));
	}
	env_hand_on(&env);
}

static void
refuse(struct json process)
{
	json_refuse(process, "selinuxLabel", "SELinux is not done");
	json_refuse(process, "execCPUAffinity", "not done");
	json_refuse(process, "commandLine", "this is not Windows");
	json_refuse(process, "user.username", "this is not Windows");
}

static void
put_terminal(struct words *w, struct json process)
{
	const struct json size = json_get(process, "consoleSize");

	if (!json_true(json_get(process, "terminal"), false))
		return;
	words_add(w, "--tty");
	if (json_there(size))
		words_value(w, "--tty-size", "%jdx%jd",
		    (intmax_t)json_int(
			json_get(size, "width"), 0, USHRT_MAX, 0),
		    (intmax_t)json_int(
			json_get(size, "height"), 0, USHRT_MAX, 0));
}

static void
put_preserved(struct words *w, unsigned n)
{
	char *list;
	FILE *f = text_open(&list);

	for (unsigned i = 0; i < n; i++)
		fprintf(f, "%s%u", i ? "," : "", 3 + i);
	text_close(f);
	if (*list)
		words_option(w, "--preserve-fd", list);
	free(list);
}

void
process_words(
    struct words *w, struct json process, unsigned preserved, bool shown)
{
	const char *cwd = json_need_text(process, "cwd");
	const char *profile =
	    json_text(json_get(process, "apparmorProfile"), "");

	refuse(process);
	if (*cwd != '/')
		json_die(json_get(process, "cwd"), "'%s' is not absolute", cwd);
	put_terminal(w, process);
	put_preserved(w, preserved);
	words_option(w, "-w", cwd);
	put_user(w, json_get(process, "user"));
	put_env(w, json_get(process, "env"), shown);
	put_caps(w, process);
	if (!json_true(json_get(process, "noNewPrivileges"), false))
		words_add(w, "--new-privs");
	if (*profile)
		words_option(w, "--apparmor", profile);
}

const char *
process_program(struct json process)
{
	const struct json args = json_get(process, "args");

	if (json_count(args) == 0)
		json_die(args, "empty");
	return json_text(json_at(args, 0), "");
}

void
process_args(struct words *w, struct json process)
{
	const struct json args = json_get(process, "args");

	words_stage(w, process_program(process));
	for (size_t i = 1; i < json_count(args); i++)
		words_add(w, json_text(json_at(args, i), ""));
}
