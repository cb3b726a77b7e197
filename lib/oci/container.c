// SPDX-License-Identifier: MIT
/*
 * container - the facts of a container, in ROOT/ID
 *
 * The kernel has the rest: the process that has the pid and the start time of
 * the fact is the container's, and the socket "start" is heard exactly as long
 * as the process waits for its start.
 */
#include "oci/container.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/unixaddr.h"
#include "box/state.h"
#include "oci/errors.h"
#include "oci/groups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
fits(const char *id)
{
	const char *fit = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  "0123456789_+,.-";

	return *id && !id[strspn(id, fit)] && strcmp(id, ".") != 0 &&
	       strcmp(id, "..") != 0 && strlen(id) <= NAME_MAX;
}

const char *
container_id(const char *id)
{
	if (!fits(id))
		diex("invalid container ID '%s': letters, digits and _ + - . , "
		     "are, up to %d",
		    id, NAME_MAX);
	return id;
}

void
container_each(const char *root, void (*fn)(const char *id))
{
	DIR *d = opendir(root);
	struct dirent *e;

	if (!d && errno != ENOENT)
		die("read %s", root);
	while (d && (errno = 0, e = readdir(d)))
		if (e->d_type == DT_DIR && fits(e->d_name))
			fn(e->d_name);
	if (d && errno)
		die("read %s", root);
	if (d)
		closedir(d);
}

const char *
container_root(void)
{
	if (geteuid() == 0)
		return "/run/box-oci";
	return text_fmt(
	    "%s/box-oci", env_or("XDG_RUNTIME_DIR", "/nonexistent"));
}

static bool
open_dir(struct container *c, const char *root, const char *id)
{
	*c = (struct container){.id = container_id(id),
	    .config = {NULL, ""},
	    .group = "",
	    .pidfd = -1};
	c->path = text_fmt("%s/%s", root, id);
	c->dir = open(c->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (c->dir < 0 && errno != ENOENT)
		die("%s", c->path);
	/* What is written there decides which processes are killed. */
	if (c->dir >= 0 && !is_own(c->dir, S_IFDIR))
		diex("%s: another user could have written there", c->path);
	return c->dir >= 0;
}

static char *
fact(const struct container *c, const char *name)
{
	char *text = slurp_at(c->dir, name);

	if (!text && errno != ENOENT)
		die("%s/%s", c->path, name);
	return text;
}

static bool
has_fact(const struct container *c, const char *name)
{
	if (faccessat(c->dir, name, F_OK, 0) == 0)
		return true;
	if (errno != ENOENT)
		die("%s/%s", c->path, name);
	return false;
}

static void
load(struct container *c)
{
	const char *bundle = fact(c, "bundle"), *group = fact(c, "group");

	c->bundle = bundle;
	c->group = group ? group : "";
	if (has_fact(c, "config.json"))
		c->config = json_file(c->dir, "config.json");
	container_load_pid(c);
}

/* False if the directory has been removed. */
static bool
take_lock(struct container *c)
{
	struct stat st;

	while (flock(c->dir, LOCK_EX) < 0)
		if (errno != EINTR)
			die("lock %s", c->path);
	if (fstat(c->dir, &st) < 0)
		die("lock %s", c->path);
	if (st.st_nlink == 0)
		return false;
	container_put_pid(c, "holder", getpid());
	return true;
}

bool
container_lock(struct container *c)
{
	if (!take_lock(c))
		return false;
	load(c);
	return true;
}

void
container_unlock(struct container *c)
{
	if (flock(c->dir, LOCK_UN) < 0)
		die("unlock %s", c->path);
}

bool
container_open(struct container *c, const char *root, const char *id, bool lock)
{
	if (!open_dir(c, root, id))
		return false;
	if (lock)
		return container_lock(c);
	load(c);
	return true;
}

void
container_claim(struct container *c, const char *root, const char *id)
{
	char *path = text_fmt("%s/%s", root, container_id(id));

	if (make_dirs(root, 0700) < 0)
		die("--root %s", root);
	if (mkdir(path, 0700) < 0 && errno == EEXIST)
		diex("container with id \"%s\" exists already (%s)", id, path);
	if (access(path, F_OK) < 0 || !open_dir(c, root, id))
		die("mkdir %s", path);
	/* A delete --force may have come in between. */
	if (!take_lock(c))
		diex("container \"%s\" has been deleted", id);
	free(path);
}

void
container_need(struct container *c, const char *root, const char *id, bool lock)
{
	if (!container_open(c, root, id, lock))
		diex("container \"%s\" does not exist", id);
}

void
container_put_bytes(
    struct container *c, const char *name, const void *bytes, size_t len)
{
	char *beside = text_fmt("%s.new", name);
	const int fd = openat(c->dir, beside,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || close(fd) < 0 ||
	    renameat(c->dir, beside, c->dir, name) < 0)
		die("write %s/%s", c->path, name);
	free(beside);
}

void
container_put(struct container *c, const char *name, const char *text)
{
	container_put_bytes(c, name, text, strlen(text));
}

/* When the process PID has begun; 0 if it has ended. */
static uint64_t
need_start_time(pid_t pid)
{
	const uint64_t start = start_time(pid);

	if (!start && errno != ENOENT && errno != ESRCH)
		die("read /proc/%d/stat", pid);
	return start;
}

/* A pidfd, and the number, of the process in the fact NAME; -1, and 0, if it
 * has ended. */
static int
open_process(
    const struct container *c, const char *name, pid_t *pid, uint64_t *began)
{
	char *text = fact(c, name);
	unsigned long long start;
	int number, fd = -1;

	*pid = 0;
	if (!text || sscanf(text, "%d %llu", &number, &start) != 2 ||
	    number <= 0) {
		free(text);
		return -1;
	}
	free(text);
	/* The descriptor first: if its process has not ended by then, the start
	 * time is that process's. */
	fd = process_open(number);
	if (fd < 0 && errno != ESRCH)
		die("pidfd_open %d", number);
	if (fd < 0 || !start || need_start_time(number) != start)
		return close_keep(fd);
	*pid = number;
	*began = start;
	return fd;
}

void
container_load_pid(struct container *c)
{
	if (c->pidfd >= 0)
		close(c->pidfd);
	c->pidfd = open_process(c, "pid", &c->pid, &c->start);
}

void
container_put_pid(struct container *c, const char *name, pid_t pid)
{
	const uint64_t start = need_start_time(pid);
	char *text = text_fmt("%d %ju\n", pid, (uintmax_t)start);

	container_put(c, name, text);
	free(text);
}

void
container_kill_holder(const struct container *c)
{
	uint64_t start;
	pid_t pid;
	int fd;

	if (flock(c->dir, LOCK_EX | LOCK_NB) == 0)
		return;
	fd = open_process(c, "holder", &pid, &start);
	if (fd < 0)
		return;
	pidfd_send_signal(fd, SIGKILL, NULL, 0);
	close(fd);
}

static bool
is_zombie(pid_t pid)
{
	char path[32], text[1024], *s;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_at(AT_FDCWD, path, text, sizeof(text)) < 0) {
		if (errno != ENOENT && errno != ESRCH)
			die("read %s", path);
		return true;
	}
	return !(s = strrchr(text, ')')) || s[2] == 'Z' || s[2] == 'X';
}

/* Whether the process waits for its start.  A socket of another type refuses us
 * in another way, and is not noticed. */
static bool
is_parked(const struct container *c)
{
	const int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un at;
	bool parked;

	if (probe < 0 || unix_addr(&at, c->dir, "start") < 0)
		die("socket");
	parked = connect(probe, (const struct sockaddr *)&at, sizeof(at)) < 0 &&
		 errno == EPROTOTYPE;
	close(probe);
	return parked;
}

enum oci_status
container_status(const struct container *c)
{
	/* Its maker has the lock. */
	if (!c->pid && !has_fact(c, "pid")) {
		if (flock(c->dir, LOCK_SH | LOCK_NB) == 0)
			return OCI_STOPPED;
		if (errno != EWOULDBLOCK)
			die("lock %s", c->path);
		return OCI_CREATING;
	}
	if (!c->pid || is_zombie(c->pid))
		return OCI_STOPPED;
	if (!has_fact(c, "created"))
		return OCI_CREATING;
	if (groups_frozen(c->group))
		return OCI_PAUSED;
	return is_parked(c) ? OCI_CREATED : OCI_RUNNING;
}

const char *
oci_status_name(enum oci_status s)
{
	static const char *const names[] = {
	    "creating", "created", "running", "paused", "stopped"};

	return names[s];
}

static void
add(struct json_object *j, const char *key, struct json_object *value)
{
	if (!value || json_object_object_add(j, key, value) < 0)
		die("memory");
}

static void
add_text(struct json_object *j, const char *key, const char *text)
{
	add(j, key, json_object_new_string(text));
}

static void
add_more(const struct container *c, struct json_object *j)
{
	const char *path = json_text(json_get(c->config, "root.path"), "");
	struct stat st;

	add_text(j, "rootfs",
	    *path == '/' ? path : text_fmt("%s/%s", c->bundle, path));
	if (fstatat(c->dir, "bundle", &st, 0) < 0)
		die("%s/bundle", c->path);
	add_text(
	    j, "created", errors_time(st.st_mtim.tv_sec, st.st_mtim.tv_nsec));
	add_text(j, "owner", "");
}

char *
container_state(
    const struct container *c, enum oci_status s, pid_t pid, bool more)
{
	const struct json notes = json_get(c->config, "annotations");
	struct json_object *j = json_object_new_object();
	char *text;

	add_text(j, "ociVersion",
	    json_text(json_get(c->config, "ociVersion"), "1.0.2"));
	add_text(j, "id", c->id);
	add_text(j, "status", oci_status_name(s));
	add(j, "pid", json_object_new_int(pid));
	add_text(j, "bundle", c->bundle ? c->bundle : "");
	if (more)
		add_more(c, j);
	if (json_there(notes))
		add(j, "annotations", json_object_get(notes.value));
	text = text_fmt("%s", json_print(j, JSON_C_TO_STRING_PRETTY));
	json_object_put(j);
	return text;
}

void
container_remove(struct container *c)
{
	if (remove_dir(c->path) < 0)
		die("remove %s", c->path);
}
