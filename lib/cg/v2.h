#ifndef CG_V2_H
#define CG_V2_H

#include "cg/tree.h"

/* A group in the v2 hierarchy, where a group with controllers needs a parent
 * that turns them on and has no processes. */

struct cgv2 {
	unsigned need; /* controllers */
	char *parent;  /* the group to make it in, malloc'ed like the others */
	char *pin;     /* a group CG_PIN in PARENT for it, or NULL: none */
	/* The group for the caller's own processes if PARENT is theirs, or
	 * NULL; and the controllers that are turned on in PARENT for that. */
	char *leaf;
	unsigned turned_on;
};

/* Finds the place for a group NAME with v->need: PARENT, a directory, or if
 * that is NULL the caller's own group or one above.  Dies with a hint if there
 * is none. */
void cgv2_place(const struct cg_tree *t, const char *name, const char *parent,
    struct cgv2 *v);

/* Makes DIR there; sets *MADE once it is made.  -1 with errno and said(). */
int cgv2_make(struct cgv2 *v, const char *dir, bool *made);

/* Undoes all of that but DIR, which the caller has removed. */
void cgv2_leave(const struct cgv2 *v);

#endif
