// SPDX-License-Identifier: MIT
/* mounts - the root directory of a config, as words of rootfs-fstab */
#include "oci/mounts.h"
#include "base/die.h"
#include "base/file.h"
#include "cg/tree.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

char *
mounts_absolute(const char *bundle, const char *path)
{
	return *path == '/' ? text_fmt("%s", path)
			    : text_fmt("%s/%s", bundle, path);
}

/* PATH without "." and "..", which mean what they mean in a shell's cd -L; it
 * begins with "/". */
static char *
clean(const char *path)
{
	char *out = malloc(strlen(path) + 2);
	size_t n = 0;

	if (!out)
		die("memory");
	while (*(path += strspn(path, "/"))) {
		const size_t len = strcspn(path, "/");

		if (len == 2 && strncmp(path, "..", 2) == 0) {
			while (n > 0 && out[--n] != '/')
				;
		} else if (len != 1 || *path != '.') {
			out[n++] = '/';
			memcpy(out + n, path, len);
			n += len;
		}
		path += len;
	}
	if (n == 0)
		out[n++] = '/';
	out[n] = '\0';
	return out;
}

/* One field of fstab(5). */
static void
put_field(FILE *f, const char *text)
{
	if (!*text)
		fputs("none", f);
	for (const unsigned char *s = (const unsigned char *)text; *s; s++)
		if (*s <= ' ' || *s == '\\' || *s == '#')
			fprintf(f, "\\%03o", *s);
		else
			fputc(*s, f);
	fputc(' ', f);
}

static bool
is_word(struct json options, const char *word)
{
	for (size_t i = 0; i < json_count(options); i++)
		if (strcmp(json_text(json_at(options, i), ""), word) == 0)
			return true;
	return false;
}

static void
put_options(
    FILE *f, struct json options, const char *fallback, const char *more)
{
	const size_t n = json_count(options);
	char *list;
	FILE *t = text_open(&list);

	for (size_t i = 0; i < n; i++) {
		const struct json o = json_at(options, i);
		const char *word = json_text(o, "");

		/* A comma would begin an option of its own. */
		if (strchr(word, ',') && !strchr(word, '='))
			json_die(o, "'%s' has a comma", word);
		fprintf(t, "%s%s", i ? "," : "", word);
	}
	if (*more)
		fprintf(t, "%s%s", n ? "," : "", more);
	text_close(t);
	put_field(f, *list ? list : fallback);
	free(list);
}

static bool
is_same_map(struct json a, struct json b)
{
	static const char *const names[] = {"containerID", "hostID", "size"};
	bool same = json_count(a) == json_count(b);

	for (size_t i = 0; same && i < json_count(a); i++)
		for (int k = 0; k < 3; k++)
			same = same &&
			       json_int(json_get(json_at(a, i), names[k]), 0,
				   UINT32_MAX, 0) ==
				   json_int(json_get(json_at(b, i), names[k]),
				       0, UINT32_MAX, 0);
	return same;
}

/* An id-mapped mount has the container's own ids. */
static const char *
shift_word(struct json mount, struct json linux)
{
	static const char *const names[] = {"uidMappings", "gidMappings"};
	const struct json options = json_get(mount, "options");
	const bool given =
	    is_word(options, "idmap") || is_word(options, "ridmap");

	for (int i = 0; i < 2; i++) {
		const struct json m = json_get(mount, names[i]);

		if (json_count(m) && !is_same_map(m, json_get(linux, names[i])))
			json_die(m, "other ids than the container's");
	}
	for (int i = 0; !given && i < 2; i++)
		if (json_count(json_get(mount, names[i])))
			return "idmap";
	return "";
}

static bool
has_bind_option(struct json mount)
{
	const struct json options = json_get(mount, "options");

	return is_word(options, "bind") || is_word(options, "rbind");
}

static bool
is_bind(struct json mount)
{
	return has_bind_option(mount) ||
	       strcmp(json_text(json_get(mount, "type"), ""), "bind") == 0;
}

static void
put_mount(FILE *f, struct json mount, const char *bundle, struct json linux)
{
	const struct json options = json_get(mount, "options");
	const char *type = json_text(json_get(mount, "type"), "");
	const char *source = json_text(json_get(mount, "source"), "");
	const bool bind = is_bind(mount);
	char *target = clean(json_need_text(mount, "destination"));

	if (!bind && !*type)
		json_die(mount, "neither a type nor a bind");
	if (bind && !*source)
		json_die(json_get(mount, "source"), "missing");
	put_field(f, bind ? mounts_absolute(bundle, source) : source);
	put_field(f, target);
	put_field(f, bind ? "bind" : type);
	put_options(f, options,
	    bind && !has_bind_option(mount) ? "bind" : "defaults",
	    shift_word(mount, linux));
	fputs("0 0\n", f);
	free(target);
}

/* Whether the container's group is in the hierarchy T, as of cg/at.h. */
static bool
has_group(const struct cg_tree *t)
{
	bool has = t->version == 1;

	for (unsigned c = 1; c < CG_ALL; c <<= 1)
		has = has || cg_tree_find(c) == t;
	return t->top && has;
}

static bool
is_groups(struct json mount)
{
	const char *type = json_text(json_get(mount, "type"), "");

	return strcmp(type, "cgroup") == 0 || strcmp(type, "cgroup2") == 0;
}

/* A group's directory in one hierarchy, for TARGET. */
static void
put_group(FILE *f, const struct cg_tree *t, const char *group,
    const char *target, struct json options)
{
	char *source = text_fmt("%s%s", t->top, group);

	put_field(f, source);
	put_field(f, target);
	put_field(f, "bind");
	put_options(f, options, "bind", "");
	fputs("0 0\n", f);
	free(source);
}

/* A mount of the type cgroup is the container's own group: v1 has a directory
 * for each hierarchy, named as the host's. */
static void
put_groups(FILE *f, struct json mount, const char *group)
{
	const struct json options = json_get(mount, "options");
	char *target = clean(json_need_text(mount, "destination")), *below;
	const struct cg_tree *t = cg_tree_any();

	if (!cg_tree_has_v1()) {
		put_group(f, t, group, target, options);
		free(target);
		return;
	}
	fprintf(f, "cgroup ");
	put_field(f, target);
	fprintf(f, "tmpfs nosuid,nodev,noexec,mode=755,size=64k 0 0\n");
	for (size_t i = 0; (t = cg_tree_number(i)); i++) {
		if (!has_group(t))
			continue;
		below = text_fmt("%s%s", target, strrchr(t->top, '/'));
		put_group(f, t, group, below, options);
		free(below);
	}
	free(target);
}

/* A link for each controller of several in one hierarchy; and no writing. */
static void
put_groups_words(struct words *w, struct json mount)
{
	char *target = clean(json_need_text(mount, "destination"));
	const struct cg_tree *t;

	for (size_t i = 0; cg_tree_has_v1() && (t = cg_tree_number(i)); i++) {
		const char *name = t->top ? strrchr(t->top, '/') + 1 : "";
		char *copy = text_fmt("%s", name), *rest = copy, *word;

		while (has_group(t) && strchr(name, ',') &&
		       (word = strsep(&rest, ",")))
			words_value(
			    w, "--link", "%s/%s:%s", target, word, name);
		free(copy);
	}
	if (is_word(json_get(mount, "options"), "ro"))
		words_option(w, "--freeze", target);
	free(target);
}

char *
mounts_table(struct json config, const char *bundle, const char *group)
{
	const struct json mounts = json_get(config, "mounts");
	char *text;
	FILE *f = text_open(&text);

	for (size_t i = 0; i < json_count(mounts); i++) {
		const struct json m = json_at(mounts, i);

		if (is_groups(m))
			put_groups(f, m, group);
		else
			put_mount(f, m, bundle, json_get(config, "linux"));
	}
	text_close(f);
	return text;
}

struct node {
	const char *path;
	unsigned major, minor;
};

static const struct node defaults[] = {
    {"/dev/null", 1, 3},
    {"/dev/zero", 1, 5},
    {"/dev/full", 1, 7},
    {"/dev/random", 1, 8},
    {"/dev/urandom", 1, 9},
    {"/dev/tty", 5, 0},
};
static const char *const links[] = {
    "/dev/fd:/proc/self/fd",
    "/dev/stdin:/proc/self/fd/0",
    "/dev/stdout:/proc/self/fd/1",
    "/dev/stderr:/proc/self/fd/2",
    "/dev/ptmx:pts/ptmx",
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* Whether the config has its own file at PATH. */
static bool
has_device(struct json devices, const char *path)
{
	for (size_t i = 0; i < json_count(devices); i++)
		if (strcmp(json_need_text(json_at(devices, i), "path"), path) ==
		    0)
			return true;
	return false;
}

/* Some engines give a mode with the bits of the type. */
static int64_t
device_mode(struct json d, char type)
{
	const struct json j = json_get(d, "fileMode");
	const int64_t mode = json_int(j, 0, UINT32_MAX, 0666);
	const int64_t of = type == 'b'	 ? S_IFBLK
			   : type == 'p' ? S_IFIFO
					 : S_IFCHR;

	if (mode & ~0777 && (mode & ~0777) != of)
		json_die(j, "0%jo has more than permissions", (uintmax_t)mode);
	return mode & 0777;
}

static void
put_device(struct words *w, struct json d)
{
	char *path = clean(json_need_text(d, "path"));
	const char *type = json_need_text(d, "type");
	const int64_t most = UINT32_MAX - 1;
	int64_t major = 0, minor = 0;

	if (strlen(type) != 1 || !strchr("cubp", *type))
		json_die(
		    json_get(d, "type"), "'%s' is none of c, u, b and p", type);
	if (*type == 'p') {
		json_refuse(d, "major", "a fifo has no number");
		json_refuse(d, "minor", "a fifo has no number");
	} else {
		major = json_need_int(d, "major", 0, 0xfff);
		minor = json_need_int(d, "minor", 0, 0xfffff);
	}
	if (strchr(path, ':'))
		json_die(json_get(d, "path"), "'%s' has a colon", path);
	words_value(w, "--device", "%s:%s:%jd:%jd:%jo:%jd:%jd", path, type,
	    (intmax_t)major, (intmax_t)minor, (uintmax_t)device_mode(d, *type),
	    (intmax_t)json_int(json_get(d, "uid"), 0, most, 0),
	    (intmax_t)json_int(json_get(d, "gid"), 0, most, 0));
	free(path);
}

/* Whether a bind has the place of /dev: its nodes are the source's. */
static bool
has_own_dev(struct json mounts)
{
	for (size_t i = 0; i < json_count(mounts); i++) {
		const struct json m = json_at(mounts, i);
		char *target = clean(json_need_text(m, "destination"));
		const bool dev = strcmp(target, "/dev") == 0;

		free(target);
		if (dev && is_bind(m))
			return true;
	}
	return false;
}

static void
put_devices(struct words *w, struct json config)
{
	const struct json devices = json_get(config, "linux.devices");

	if (has_own_dev(json_get(config, "mounts")))
		return;
	for (size_t i = 0; i < COUNT(defaults); i++)
		if (!has_device(devices, defaults[i].path))
			words_value(w, "--device", "%s:c:%u:%u",
			    defaults[i].path, defaults[i].major,
			    defaults[i].minor);
	/* A privileged container has each device of the host's; but terminals
	 * are of its own devpts. */
	for (size_t i = 0; i < json_count(devices); i++)
		if (strcmp(json_need_text(json_at(devices, i), "path"),
			"/dev/ptmx") != 0)
			put_device(w, json_at(devices, i));
	for (size_t i = 0; i < COUNT(links); i++)
		words_option(w, "--link", links[i]);
}

static void
put_paths(struct words *w, const char *option, struct json paths)
{
	for (size_t i = 0; i < json_count(paths); i++) {
		const struct json p = json_at(paths, i);
		char *path = clean(json_text(p, ""));

		if (*json_text(p, "") != '/')
			json_die(p, "'%s' is not absolute", json_text(p, ""));
		words_option(w, option, path);
		free(path);
	}
}

void
mounts_words(struct words *w, struct json config)
{
	char *cwd = clean(json_need_text(config, "process.cwd"));
	const struct json mounts = json_get(config, "mounts");

	if (json_true(json_get(config, "root.readonly"), false))
		words_add(w, "--read-only");
	/* Engines rely on a working directory that is made. */
	words_option(w, "--dir", cwd);
	free(cwd);
	put_devices(w, config);
	put_paths(w, "--mask", json_get(config, "linux.maskedPaths"));
	put_paths(w, "--freeze", json_get(config, "linux.readonlyPaths"));
	for (size_t i = 0; i < json_count(mounts); i++)
		if (is_groups(json_at(mounts, i)))
			put_groups_words(w, json_at(mounts, i));
}
