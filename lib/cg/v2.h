#ifndef CG_V2_H
#define CG_V2_H

#include "cg/tree.h"

/* A group in the v2 hierarchy.  A group with controllers needs a parent that
 * turns the controllers on and has no processes. */

struct cgv2 {
	unsigned need; /* controllers */
	/* The most groups below the group, if its box may make some; else 0. */
	unsigned groups;
	char *parent; /* the group above, malloc'ed like the others */
	char *pin;    /* a group CG_PIN in PARENT, or NULL: none */
	/* The group for the caller's own processes if they are in PARENT, or
	 * NULL; and the controllers that are turned on in PARENT. */
	char *leaf;
	unsigned turned_on;
};

/* Finds the place for a group NAME with v->need: PARENT, a directory, or with
 * PARENT NULL the caller's own group or one above.  Dies with a hint if there
 * is none. */
void cgv2_place(const struct cg_tree *t, const char *name, const char *parent,
    struct cgv2 *v);

/* Makes DIR at that place, then sets *MADE.  -1 with errno and said(). */
int cgv2_make(struct cgv2 *v, const char *dir, bool *made);

/* Whether the processes of the group DIR are all stages of the suite. */
bool cgv2_only_stages(const char *dir);

/* Lets the group DIR have at most GROUPS groups below it; 0 sets no limit. They
 * cost the host's memory, and of memory groups the host has 65535.  -1 with
 * errno and said(). */
int cgv2_limit_groups(const char *dir, unsigned groups);

/* Turns on the controllers NEED for the groups below DIR.  -1 with errno and
 * said(). */
int cgv2_turn_on(const char *dir, unsigned need);

/* Moves all processes of the group FROM to the group TO.  -1 with errno and
 * said(). */
int cgv2_move_all(const char *from, const char *to);

/* Undoes all changes of cgv2_make() but DIR, which the caller has removed. */
void cgv2_leave(const struct cgv2 *v);

#endif
