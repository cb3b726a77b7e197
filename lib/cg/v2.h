#ifndef CG_V2_H
#define CG_V2_H

#include "cg/tree.h"

/* A group in the v2 hierarchy, where a group with controllers needs a parent
 * that turns them on and has no processes. */

struct cgv2 {
	unsigned need;	       /* controllers */
	char parent[PATH_MAX]; /* the group to make it in */
	char pin[PATH_MAX]; /* a CG_PIN there, or "": it is in PARENT itself */
	/* Where the caller's own processes are to go before, or "": PARENT is
	 * their group; and what is turned on there for that. */
	char leaf[PATH_MAX];
	unsigned turned_on;
};

/* Finds the place for a group NAME with v->need: PARENT, a directory, or below
 * the caller's own group if that is NULL.  Dies if it cannot be there, with
 * what mends it. */
void cgv2_place(const struct cg_tree *t, const char *name, const char *parent,
    struct cgv2 *v);

/* Makes DIR there; *made says whether it came so far.  -1 with errno, said. */
int cgv2_make(struct cgv2 *v, const char *dir, bool *made);

/* Undoes what that did but for DIR, which is gone. */
void cgv2_leave(const struct cgv2 *v);

#endif
