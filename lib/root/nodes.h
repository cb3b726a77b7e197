#ifndef ROOT_NODES_H
#define ROOT_NODES_H

#include "root/fstab.h"

/* The other names in a root directory: directories, device nodes, links, and
 * paths that are covered.  Each nodes_add_...() takes the argument of an
 * option, and dies with 125 on another form. */

#define NODES 512

struct node {
	enum node_kind {
		NODE_DIR,
		NODE_DEVICE,
		NODE_LINK,
		NODE_HIDE,
		NODE_FREEZE
	} kind;
	char *path;
	const char *to;		  /* of a link */
	unsigned mode, number[2]; /* of a device: mode with type, numbers */
	unsigned uid, gid;
};

struct nodes {
	struct node v[NODES];
	unsigned n;
};

/* "/PATH": made, with those above, if it is missing. */
void nodes_add_dir(struct nodes *all, const char *word);
/* "/PATH:TYPE:MAJOR:MINOR[:MODE[:UID:GID]]", with TYPE c, b or p. */
void nodes_add_device(struct nodes *all, const char *word);
/* "/PATH:TARGET". */
void nodes_add_link(struct nodes *all, const char *word);
/* "/PATH": hidden, or read-only. */
void nodes_add_cover(struct nodes *all, enum node_kind kind, const char *word);

/* Makes them all below ROOT, which has the mounts of T, in the order of the
 * kinds.  A device that cannot be made in a user namespace is a bind of the
 * host's node of the same path and numbers.  Skips a path to be covered that is
 * not there.  DIR names ROOT; with -n ROOT is not used.  Dies with 125. */
void nodes_put(
    const struct nodes *all, const struct fstab *t, int root, const char *dir);

#endif
