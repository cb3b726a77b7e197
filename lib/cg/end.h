#ifndef CG_END_H
#define CG_END_H

#include <stdbool.h>

/* The end of control groups: what is in them is killed, and they are removed,
 * with all groups below them. */

/* On v2, limited groups are made in a group of this name, as cgv2.h says;
 * it is removed with the last of them. */
#define CG_PIN "boxtools"

/* The group to which the caller's own processes move is NAME CG_LEAF. */
#define CG_LEAF ".cg-limit"

/* Ends the group DIR.  False, after a warning, if it cannot be removed; true
 * too if there is none. */
bool cg_end(const char *dir);

/* A group NAME has the lock CG_LOCK NAME, and in that the record of what was
 * made for it, a directory a line, in the order in which they go.  This ends
 * the groups whose owner is dead. */
#define CG_LOCK "cg-"
void cg_end_dead(void);

#endif
