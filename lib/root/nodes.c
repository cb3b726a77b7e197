// SPDX-License-Identifier: MIT
/*
 * nodes - directories, device nodes, links and covers in a root directory
 *
 * A name is made in its opened directory, and never followed when it is there
 * already.  The kernel lets no user namespace make a device, and opens none on
 * a file system of its own: there the host's node is bound.
 */
#include "root/nodes.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/say.h"
#include "root/inroot.h"
#include "root/mask.h"
#include "root/mnt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void
add(struct nodes *all, const char *what, const struct node *n)
{
	if (all->n == NODES)
		diex("%s: more than %d names", what, NODES);
	if (!*n->path)
		diex("%s: / itself", what);
	all->v[all->n++] = *n;
}

__attribute__((noreturn)) static void
bad_device(const char *word)
{
	diex("--device: '%s' is not PATH:c|b|p:MAJOR:MINOR[:MODE[:UID:GID]]",
	    word);
}

static mode_t
parse_type(const char *word, const char *type)
{
	if (type && strcmp(type, "p") == 0)
		return S_IFIFO;
	if (type && strcmp(type, "b") == 0)
		return S_IFBLK;
	if (type && (strcmp(type, "c") == 0 || strcmp(type, "u") == 0))
		return S_IFCHR;
	bad_device(word);
}

static unsigned
parse_octal(const char *word)
{
	char *end;
	const unsigned long mode = strtoul(word, &end, 8);

	if (!*word || *end || mode > 0777)
		diex("--device: '%s' is not a mode of 0 to 777", word);
	return (unsigned)mode;
}

void
nodes_add_dir(struct nodes *all, const char *word)
{
	const struct node n = {.path = parse_path("--dir", word)};

	/* The root directory is there. */
	if (*n.path)
		add(all, "--dir", &n);
}

void
nodes_add_device(struct nodes *all, const char *word)
{
	char *rest = text_fmt("%s", word);
	char *path = strsep(&rest, ":"), *type = strsep(&rest, ":");
	const char *major, *minor, *mode, *uid, *gid;
	struct node n = {.kind = NODE_DEVICE};

	n.mode = parse_type(word, type);
	major = strsep(&rest, ":");
	minor = strsep(&rest, ":");
	mode = strsep(&rest, ":");
	uid = strsep(&rest, ":");
	gid = strsep(&rest, ":");
	if (!minor || (uid && !gid) || rest)
		bad_device(word);
	n.path = parse_path("--device", path);
	n.mode |= mode ? parse_octal(mode) : 0666;
	n.number[0] = (unsigned)parse_num("--device", major, 0, 0xfff);
	n.number[1] = (unsigned)parse_num("--device", minor, 0, 0xfffff);
	n.uid = uid ? (unsigned)parse_num("--device", uid, 0, UINT_MAX - 1) : 0;
	n.gid = gid ? (unsigned)parse_num("--device", gid, 0, UINT_MAX - 1) : 0;
	add(all, "--device", &n);
}

void
nodes_add_link(struct nodes *all, const char *word)
{
	char *path = text_fmt("%s", word), *colon = strchr(path, ':');

	if (!colon || !colon[1])
		diex("--link: '%s' is not PATH:TARGET", word);
	*colon = '\0';
	add(all, "--link",
	    &(struct node){.kind = NODE_LINK,
		.path = parse_path("--link", path),
		.to = colon + 1});
}

void
nodes_add_cover(struct nodes *all, enum node_kind kind, const char *word)
{
	const char *what = kind == NODE_HIDE ? "--mask" : "--freeze";

	add(all, what,
	    &(struct node){.kind = kind, .path = parse_path(what, word)});
}

/* The directory in which PATH is, made if it is missing; *LAST is PATH's last
 * part. */
static int
directory(const struct fstab *t, int root, const char *path, const char **last)
{
	char *above = text_fmt("%s", path);
	const char *below = above;
	int base, fd;

	*last = strrchr(path, '/') + 1;
	*strrchr(above, '/') = '\0';
	base = fstab_place(t, root, &below);
	fd = inroot_make(base, below, false);
	free(above);
	return fd;
}

/* Dies unless AT is the device N. */
static void
check_device(int at, const struct node *n)
{
	struct stat st;

	if (at < 0 || fstat(at, &st) < 0)
		die_said();
	if ((st.st_mode & S_IFMT) != (n->mode & S_IFMT) ||
	    (!S_ISFIFO(st.st_mode) &&
		st.st_rdev != makedev(n->number[0], n->number[1])))
		diex("--device %s: another file of that name", n->path);
}

static void
bind_device(const struct node *n, int dir, const char *name)
{
	const int mnt = mnt_open(DOOR_NODE, "--device ", n->path, NULL);

	check_device(mnt, n);
	if (mnt_attr(mnt, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, false) < 0 ||
	    mnt_attach(mnt, inroot_subfile(dir, name)) < 0)
		die_said();
	close(mnt);
}

static void
put_device(const struct node *n, int dir, const char *name)
{
	const mode_t mask = umask(0);
	const dev_t number = makedev(n->number[0], n->number[1]);
	const int made = mknodat(dir, name, n->mode, number);
	const int saved = errno;
	int fd;

	umask(mask);
	errno = saved;
	if (made < 0 && errno == EPERM) {
		bind_device(n, dir, name);
		return;
	}
	if (made < 0 && errno != EEXIST)
		die_said();
	fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	check_device(fd, n);
	if (made == 0 && fchownat(fd, "", n->uid, n->gid, AT_EMPTY_PATH) < 0)
		die_said();
	close(fd);
}

static void
put_link(const struct node *n, int dir, const char *name)
{
	char to[PATH_MAX];
	ssize_t len;

	if (symlinkat(n->to, dir, name) == 0)
		return;
	if (errno != EEXIST)
		die_said();
	len = readlinkat(dir, name, to, sizeof(to));
	if (len != (ssize_t)strlen(n->to) ||
	    memcmp(to, n->to, (size_t)len) != 0)
		diex("--link %s: another file of that name", n->path);
}

static void
make(const struct node *n, const struct fstab *t, int root, const char *dir)
{
	const bool dry = say_modes() & SAY_DRY;
	const char *last;
	int at;

	if (n->kind == NODE_LINK)
		say(SAY_SH, "ln -s %s %s%s", say_word(n->to), dir,
		    say_word(n->path));
	else
		say(SAY_SH, "mknod -m %o %s%s %c %u %u", n->mode & 07777u, dir,
		    say_word(n->path),
		    S_ISCHR(n->mode)   ? 'c'
		    : S_ISBLK(n->mode) ? 'b'
				       : 'p',
		    n->number[0], n->number[1]);
	if (dry)
		return;
	at = directory(t, root, n->path, &last);
	if (at < 0)
		die_said();
	if (n->kind == NODE_LINK)
		put_link(n, at, last);
	else
		put_device(n, at, last);
	close(at);
}

static void
make_dir(const struct node *n, const struct fstab *t, int root, const char *dir)
{
	const char *path = n->path;
	int base, fd;

	if (!say(SAY_SH, "mkdir -p %s%s", dir, say_word(path)))
		return;
	base = fstab_place(t, root, &path);
	/* The place itself is a mount. */
	fd = *path ? inroot_make(base, path, false) : base;
	if (fd < 0)
		die_said();
	if (fd != base)
		close(fd);
}

static void
cover(const struct node *n, const struct fstab *t, int root, const char *dir)
{
	const char *path = n->path;
	int base, at = -1;

	if (!(say_modes() & SAY_DRY)) {
		base = fstab_place(t, root, &path);
		at = inroot_open(base, *path ? path : "/");
		/* A path that this kernel, or this root, does not have. */
		if (at < 0 && (errno == ENOENT || errno == ENOTDIR))
			return;
		if (at < 0)
			die("%s%s", dir, n->path);
	}
	mask_at(at, n->kind == NODE_HIDE ? MASK_HIDE : MASK_FREEZE,
	    text_fmt("%s%s", dir, say_word(n->path)));
}

void
nodes_put(
    const struct nodes *all, const struct fstab *t, int root, const char *dir)
{
	for (int kind = NODE_DIR; kind <= NODE_FREEZE; kind++)
		for (unsigned i = 0; i < all->n; i++)
			if ((int)all->v[i].kind != kind)
				continue;
			else if (kind == NODE_DIR)
				make_dir(&all->v[i], t, root, dir);
			else if (kind == NODE_DEVICE || kind == NODE_LINK)
				make(&all->v[i], t, root, dir);
			else
				cover(&all->v[i], t, root, dir);
}
