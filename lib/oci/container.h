#ifndef OCI_CONTAINER_H
#define OCI_CONTAINER_H

#include "oci/json.h"

#include <stdbool.h>
#include <sys/types.h>

/* A container is the directory ROOT/ID with a file for each fact: bundle,
 * config.json (a copy), group, fstab, filter, start (the socket of
 * ns-spawn --park), info (of ns-spawn --info-fd), and pid.  What is to be
 * undone is written there before it is made.  The directory's lock orders the
 * verbs that change the container. */

enum oci_status {
	OCI_CREATING,
	OCI_CREATED,
	OCI_RUNNING,
	OCI_PAUSED,
	OCI_STOPPED,
};

struct container {
	const char *id;
	char *path;	    /* ROOT/ID */
	int dir;	    /* of that path */
	const char *bundle; /* an absolute path */
	struct json config;
	const char *group; /* the control group: "/PATH" as in /proc/PID/cgroup,
			      or "" for none */
	pid_t pid;	   /* 0: none, or ended */
	uint64_t start;	   /* of that process: its start time */
	int pidfd;	   /* -1: likewise */
};

/* Dies with 125 unless ID is one as runc takes: letters, digits, "_", "+", "-",
 * "." and ",". */
const char *container_id(const char *id);

/* Calls FN for each container of ROOT; other files are passed over.  Dies with
 * 125. */
void container_each(const char *root, void (*fn)(const char *id));

/* The default of --root: /run/box-oci, or below $XDG_RUNTIME_DIR. */
const char *container_root(void);

/* The directory, made with its lock taken, for create.  Dies with 125, also if
 * it exists. */
void container_claim(struct container *c, const char *root, const char *id);

/* Opens the container, with its lock if LOCK.  False if there is none;
 * container_need() dies with 125.  A half-made one has no config. */
bool container_open(
    struct container *c, const char *root, const char *id, bool lock);
void container_need(
    struct container *c, const char *root, const char *id, bool lock);

/* container_lock() waits for the lock, and reads all facts anew; false if the
 * container has been removed meanwhile.  A chain that makes the container has
 * the lock, too, until its last process has ended. */
bool container_lock(struct container *c);
void container_unlock(struct container *c);

/* Kills the process that has the lock: it may hang in a hook.  What it was
 * making is left half made. */
void container_kill_holder(const struct container *c);

/* Write the fact NAME, whole at once.  Die with 125. */
void container_put(struct container *c, const char *name, const char *text);
void container_put_bytes(
    struct container *c, const char *name, const void *bytes, size_t len);

/* Writes the fact NAME of a process; reads "pid" anew. */
void container_put_pid(struct container *c, const char *name, pid_t pid);
void container_load_pid(struct container *c);

enum oci_status container_status(const struct container *c);
const char *oci_status_name(enum oci_status s);

/* The state as the runtime specification has it, with more of runc's members if
 * LONG; malloc'ed.  PID: the number to show, 0 for none. */
char *container_state(
    const struct container *c, enum oci_status s, pid_t pid, bool more);

/* Removes the directory.  Dies with 125. */
void container_remove(struct container *c);

#endif
