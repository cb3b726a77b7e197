#ifndef CG_HITS_H
#define CG_HITS_H

#include "cg/usage.h"

/* The limits that a group has hit. */

/* Takes the argument of --warn, "pids=OPTION,memory=OPTION": the options that
 * raise the limits.  Cuts LIST into words, and keeps them.  Dies with 125. */
void cg_hits_parse(char *list);

/* A line for each limit that was hit. */
void cg_hits_warn(const struct cg_usage *u);

/* For box-keep's record of the box's end. */
void cg_hits_tell(const struct cg_usage *u);

#endif
