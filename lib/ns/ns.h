#ifndef NS_NS_H
#define NS_NS_H

#include <stdbool.h>
#include <sys/types.h>

/* The kinds of namespaces, in the order in which they are joined
 * (namespaces(7)): the user namespace first, whose root may join the rest. */
enum ns_kind {
	NS_USER,
	NS_MOUNT,
	NS_PID,
	NS_NET,
	NS_UTS,
	NS_IPC,
	NS_CGROUP,
	NS_KINDS,
};

/* name: the option's word and unshare(1)'s; file: the one below /proc/PID/ns;
 * flag: clone(2)'s. */
struct ns_type {
	const char *name, *file;
	int flag;
};
extern const struct ns_type ns_types[NS_KINDS];

/* The namespaces of a box: new ones (flags of clone(2)), joined ones
 * (descriptors, -1 for none); the others are the caller's. */
struct ns_set {
	int fresh;
	int join[NS_KINDS];
};

/* All seven new. */
void ns_all(struct ns_set *s);

/* Only the kinds in LIST, "net,uts", new; dies with 125 on an unknown kind. */
void ns_only(struct ns_set *s, const char *list);

/* WORD is "new", "host" (the caller's), or a path to join.  Dies with 125 if
 * the path is no namespace of this kind. */
void ns_choose(struct ns_set *s, enum ns_kind kind, const char *word);

/* Writes {"pid": 17, "ns": {"user": 4026531837, ...}}: PID, and inodes as in
 * /proc/OF/ns, to FD, and closes FD; does nothing with -1.  Dies with 125. */
void ns_write_info(int fd, pid_t pid, pid_t of);

/* The kinds that ns-spawn has made for the chain's box, FLAGS of clone(2):
 * ns_tell_new() tells the stages behind it, where ns_new() returns them. */
void ns_tell_new(int flags);
int ns_new(void);

/* unshare(1)'s options for FLAGS, " --net --uts", in a static buffer. */
const char *ns_options(int flags);

/* Of the kinds KINDS (clone flags), ns_join() joins the set's namespaces in
 * order, and ns_unshare() makes the new ones.  No mount of a new mount
 * namespace propagates to the old one, nor from it.  Die with 125. */
void ns_join(const struct ns_set *s, int kinds);
void ns_unshare(const struct ns_set *s, int kinds);

/* The kinds (clone flags) of which PID has another namespace than this process.
 * Dies with 125. */
int ns_others(pid_t pid);

/* Joins the namespaces KINDS of the process PID, to which PIDFD refers, in one
 * step.  Dies with 125. */
void ns_enter(int pidfd, pid_t pid, int kinds);

/* The part for the parent, before the fork: of KINDS the pid namespace, and for
 * an ordinary user the user namespace, whose root may join that.  Returns the
 * kinds that are left for the child. */
int ns_enter_first(int pidfd, pid_t pid, int kinds);

/* A namespace of the process PID (0: this one).  ns_open() opens it,
 * close-on-exec; -1 with errno.  ns_inode() returns its inode number, which
 * identifies it; dies with 125. */
int ns_open(int pid, enum ns_kind kind);
ino_t ns_inode(int pid, enum ns_kind kind);

/* Whether this process's user namespace owns its namespace of this kind
 * (ioctl_ns(2)): then the file system of that kind may be mounted. */
bool ns_owned(enum ns_kind kind);

#endif
