// SPDX-License-Identifier: MIT
/*
 * compile - a config as a chain of stages
 *
 * The order of the chain is the kernel's: limits that only the host's root may
 * raise, the control group, namespaces, values of the namespaces, the root
 * directory, the process.
 */
#include "oci/compile.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "ns/ns.h"
#include "oci/groups.h"
#include "oci/hooks.h"
#include "oci/mounts.h"
#include "oci/process.h"
#include "oci/resources.h"
#include "oci/verbs.h"
#include "stage/stages.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A namespace of linux.namespaces by its type. */
struct kind {
	const char *type, *option;
	bool listed;
	const char *path; /* or "" for a new one */
	struct json json;
};

static struct kind kinds[] = {
    {.type = "user", .option = "--user"},
    {.type = "mount", .option = "--mount"},
    {.type = "pid", .option = "--pid"},
    {.type = "network", .option = "--net"},
    {.type = "uts", .option = "--uts"},
    {.type = "ipc", .option = "--ipc"},
    {.type = "cgroup", .option = "--cgroup"},
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

static struct kind *
find_kind(const char *type)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i].type, type) == 0)
			return &kinds[i];
	return NULL;
}

/* One of the table. */
static struct kind *
kind_of(const char *type)
{
	struct kind *k = find_kind(type);

	if (!k)
		abort();
	return k;
}

static bool
is_new(const char *type)
{
	const struct kind *k = kind_of(type);

	return k->listed && !*k->path;
}

static void
read_namespaces(struct json list)
{
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json n = json_at(list, i);
		const char *type = json_need_text(n, "type");
		struct kind *k = find_kind(type);

		if (!k)
			json_die(n, "the namespace '%s' is not done", type);
		if (k->listed)
			json_die(n, "a second '%s'", type);
		k->listed = true;
		k->json = n;
		k->path = json_text(json_get(n, "path"), "");
		if (*k->path && *k->path != '/')
			json_die(json_get(n, "path"), "'%s' is not absolute",
			    k->path);
	}
	if (kind_of("mount")->listed && !is_new("mount"))
		json_die(kind_of("mount")->json,
		    "the root directory is made in a new mount namespace");
}

static void
put_namespaces(struct words *w)
{
	char *list;
	FILE *f = text_open(&list);

	for (size_t i = 0; i < KINDS; i++)
		if (is_new(kinds[i].type))
			fprintf(f, "%s%s", ftell(f) > 0 ? "," : "",
			    kinds[i].option + 2);
	text_close(f);
	words_option(w, "--only", list);
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].listed && *kinds[i].path)
			words_option(w, kinds[i].option, kinds[i].path);
	free(list);
}

static char *
map(struct json list)
{
	char *text;
	FILE *f = text_open(&text);

	for (size_t i = 0; i < json_count(list); i++) {
		const struct json r = json_at(list, i);
		const int64_t most = UINT32_MAX;

		fprintf(f, "%s%jd:%jd:%jd", i ? "," : "",
		    (intmax_t)json_need_int(r, "containerID", 0, most - 1),
		    (intmax_t)json_need_int(r, "hostID", 0, most - 1),
		    (intmax_t)json_need_int(r, "size", 1, most));
	}
	text_close(f);
	return text;
}

static void
put_maps(struct words *w, struct json linux)
{
	const struct json uids = json_get(linux, "uidMappings");
	const struct json gids = json_get(linux, "gidMappings");
	const bool both = json_count(uids) && json_count(gids);

	if (!is_new("user")) {
		if (json_count(uids) && !kind_of("user")->listed)
			json_die(uids, "without a user namespace");
		if (json_count(gids) && !kind_of("user")->listed)
			json_die(gids, "without a user namespace");
		if (kind_of("user")->listed)
			words_add(w, "--plain");
		return;
	}
	if (!both)
		json_die(uids, "a new user namespace needs both maps");
	words_option(w, "--map", map(uids));
	words_option(w, "--gid-map", map(gids));
	/* The engine has given the files the ids of the box. */
	words_add(w, "--plain");
}

static void
put_names(struct words *w, struct json config)
{
	const struct json host = json_get(config, "hostname");
	const struct json domain = json_get(config, "domainname");
	char own[HOST_NAME_MAX + 1];

	if (*json_text(host, "") && !kind_of("uts")->listed)
		json_die(host, "needs a uts namespace of the container's");
	if (*json_text(domain, "") && !kind_of("uts")->listed)
		json_die(domain, "needs a uts namespace of the container's");
	if (*json_text(host, ""))
		words_option(w, "--hostname", json_text(host, ""));
	else if (is_new("uts") && gethostname(own, sizeof(own)) == 0)
		words_option(w, "--hostname", own);
	if (*json_text(domain, ""))
		words_option(w, "--domainname", json_text(domain, ""));
}

/* The command is for a shell. */
static void
put_hooks(struct words *w, const struct container *c)
{
	char dir[PATH_MAX], *self, *root;

	if (stage_dir(dir) < 0)
		die("find box-oci");
	self = text_fmt("%s", say_word(text_fmt("%sbox-oci", dir)));
	root = text_fmt("%s", say_word(oci.root));
	words_value(w, "--made", "%s --root %s hooks %s", self, root, c->id);
	free(self);
	free(root);
}

static void
put_spawn(
    struct words *w, const struct container *c, const struct plan_options *o)
{
	const struct json linux = json_get(c->config, "linux");

	words_stage(w, "ns-spawn");
	words_add(w, "--leave");
	words_value(w, "--park", "%s/start", c->path);
	words_value(w, "--info-fd", "%d", o->info);
	put_namespaces(w);
	put_maps(w, linux);
	if (is_new("network"))
		words_add(w, "--loopback");
	put_names(w, c->config);
	if (hooks_there(c->config))
		put_hooks(w, c);
	if (o->console)
		words_option(w, "--console", o->console);
}

/* The word K=V is one operand of ns-sysctl, so a K cannot have a "=". */
static void
put_sysctls(struct words *w, struct json values)
{
	bool begun = false;

	for (struct json_members m = json_members(values); json_next(&m);) {
		if (!*m.key || strchr(m.key, '='))
			json_die(m.json, "not a sysctl");
		if (!begun)
			words_stage(w, "ns-sysctl");
		begun = true;
		words_add(w, text_fmt("%s=%s", m.key, json_text(m.json, "")));
	}
}

static void
put_filter(struct words *w, const struct container *c)
{
	const struct json j = json_get(c->config, "linux.seccomp");
	char *flags = filter_flags(j);

	if (json_there(j))
		words_value(w, "--seccomp", "%s/filter", c->path);
	else
		words_option(w, "--seccomp", "off");
	if (*flags)
		words_option(w, "--seccomp-flags", flags);
	free(flags);
}

static void
put_propagation(struct words *w, struct json linux)
{
	const struct json j = json_get(linux, "rootfsPropagation");
	const char *word = json_text(j, "");
	const char *deep = *word == 'r' ? word + 1 : word;

	if (!*word || strcmp(deep, "private") == 0)
		return;
	if (strcmp(deep, "slave") != 0 && strcmp(deep, "shared") != 0)
		json_die(j, "'%s' is not done", word);
	words_option(w, "--propagation", deep);
}

static void
put_root(struct words *w, const struct container *c, struct json process,
    const struct plan_options *o)
{
	const char *root = json_need_text(c->config, "root.path");

	words_stage(w, "rootfs-fstab");
	words_value(w, "--fstab", "%s/fstab", c->path);
	put_propagation(w, json_get(c->config, "linux"));
	mounts_words(w, c->config);
	process_words(w, process, o->preserve, o->shown);
	put_filter(w, c);
	words_add(w, mounts_absolute(c->bundle, root));
	process_args(w, process);
}

/* "a-b.slice" is in "a.slice", as systemd.slice(5) has it. */
static void
put_slice(FILE *f, struct json j, const char *slice)
{
	const char *end = strstr(slice, ".slice");

	if (!end || end[6] || end == slice || strchr(slice, '/'))
		json_die(j, "'%s' is not a slice", slice);
	if (strcmp(slice, "-.slice") == 0)
		return;
	for (const char *p = slice; p < end; p++)
		if (p > slice && *p == '-')
			fprintf(f, "/%.*s.slice", (int)(p - slice), slice);
	fprintf(f, "/%s", slice);
}

/* The group of the scope SLICE:PREFIX:NAME, and the words that begin it. */
static char *
scope(struct words *w, struct json j)
{
	char *copy = text_fmt("%s", json_text(j, "")), *rest = copy, *group;
	const char *slice = strsep(&rest, ":"), *prefix = strsep(&rest, ":");
	FILE *f = text_open(&group);
	char *unit;

	if (!rest || !*rest || strchr(rest, ':') || strchr(rest, '/') ||
	    strchr(prefix, '/'))
		json_die(j, "'%s' is not SLICE:PREFIX:NAME", json_text(j, ""));
	slice = *slice ? slice : "system.slice";
	unit = text_fmt("%s%s%s.scope", prefix, *prefix ? "-" : "", rest);
	put_slice(f, j, slice);
	fprintf(f, "/%s", unit);
	text_close(f);
	words_stage(w, "systemd-run");
	words_add(w, "--scope");
	words_add(w, "--quiet");
	words_add(w, "--collect");
	words_add(w, text_fmt("--slice=%s", slice));
	words_add(w, text_fmt("--unit=%s", unit));
	words_option(w, "-p", "Delegate=yes");
	words_add(w, "--");
	free(copy);
	return group;
}

/* cgroupsPath: absolute, or below a group of ours; or a scope. */
static char *
group_path(struct words *w, struct json config, const char *id, bool systemd)
{
	const struct json j = json_get(config, "linux.cgroupsPath");
	const char *path = json_text(j, "");
	char *group = systemd	     ? scope(w, j)
		      : *path == '/' ? text_fmt("%s", path)
		      : *path	     ? text_fmt(GROUPS_OURS "/%s", path)
				     : text_fmt(GROUPS_OURS "/%s", id);

	groups_check(*path ? j.name : "control group", group);
	return groups_clean(group);
}

static void
put_group(struct plan *p, struct json config, bool systemd)
{
	struct words *w = &p->words;

	words_stage(w, "cg-limit");
	words_add(w, "--leave");
	/* systemd-run has put the chain into the scope. */
	if (systemd)
		words_add(w, "--here");
	else
		words_option(w, "--group", p->group);
	resources_limits(w, json_get(config, "linux.resources"));
	words_add(w, "max");
	resources_devices(w, json_get(config, "linux.resources.devices"));
}

static void
check_version(struct json config)
{
	const char *version = json_need_text(config, "ociVersion");

	if (strncmp(version, "1.", 2) != 0)
		json_die(json_get(config, "ociVersion"),
		    "'%s' is not a version 1", version);
}

static void
refuse(struct json config)
{
	static const char *const others[] = {
	    "vm", "windows", "solaris", "zos", "freebsd"};
	const struct json linux = json_get(config, "linux");

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		json_refuse(config, others[i], "this is Linux");
	json_refuse(linux, "mountLabel", "SELinux is not done");
	/* An empty one asks for a class of the container's own. */
	if (json_there(json_get(linux, "intelRdt")))
		json_die(json_get(linux, "intelRdt"), "not done");
	json_refuse(linux, "memoryPolicy", "not done");
	json_refuse(linux, "netDevices", "not done");
	json_refuse(linux, "timeOffsets", "not done");
}

static void
check_terminal(struct json process, const struct plan_options *o)
{
	const struct json j = json_get(process, "terminal");

	if (o->console && !json_true(j, false))
		diex("--console-socket, but %s is not true", j.name);
	if (!o->console && json_true(j, false))
		diex("%s is true, but there is no --console-socket", j.name);
}

void
compile(struct plan *p, const struct container *c, const struct plan_options *o)
{
	const struct json process = json_get(c->config, "process");
	const struct json seccomp = json_get(c->config, "linux.seccomp");
	static struct bpf filter;

	check_version(c->config);
	if (!json_there(process))
		json_die(process, "missing");
	refuse(c->config);
	hooks_check(c->config);
	read_namespaces(json_get(c->config, "linux.namespaces"));
	check_terminal(process, o);
	p->group = group_path(&p->words, c->config, c->id, o->systemd);
	p->fstab = mounts_table(c->config, c->bundle, p->group);
	p->prog = process_program(process);
	if (json_there(seccomp)) {
		filter_compile(&filter, seccomp);
		p->filter = &filter;
	}
	process_inherits(&p->words, process, c->config);
	put_group(p, c->config, o->systemd);
	put_spawn(&p->words, c, o);
	put_sysctls(&p->words, json_get(c->config, "linux.sysctl"));
	put_root(&p->words, c, process, o);
}

void
compile_exec(struct plan *p, const struct container *c, struct json process,
    const struct plan_options *o)
{
	struct words *w = &p->words;

	check_terminal(process, o);
	process_inherits(w, process, c->config);
	words_stage(w, "ns-enter");
	words_add(w, "--leave");
	words_value(w, "--info-fd", "%d", o->info);
	words_value(w, "--pid", "%d:%ju", c->pid, (uintmax_t)c->start);
	if (o->console)
		words_option(w, "--console", o->console);
	process_words(w, process, o->preserve, o->shown);
	put_filter(w, c);
	/* Anybody may have chosen the program's name: no option is there. */
	words_add(w, "--");
	process_args(w, process);
	p->prog = process_program(process);
}
