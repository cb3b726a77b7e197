#ifndef CG_END_H
#define CG_END_H

#include <stdbool.h>

/* The end of control groups: their processes are killed, and the groups are
 * removed with all groups below them. */

/* On v2, limited groups are made in a group of this name (v2.c), which is
 * removed with the last limited group. */
#define CG_PIN "boxtools"

/* The group to which the caller's own processes move is NAME CG_LEAF. */
#define CG_LEAF ".cg-limit"

/* The name, malloc'ed, of the lock of the group NAME.  The lock has the record
 * of the group's directories: one a line, in the order of their removal. */
char *cg_lock(const char *name);

/* Ends the group DIR, if there is one.  -1 with errno if it cannot be removed:
 * EBUSY if processes stay.  PATIENT waits ten seconds for them. */
int cg_end(const char *dir, bool patient);

/* Ends the groups in FD, the record of the group NAME: 0, or -1 as above with
 * said(). */
int cg_end_record(const char *name, int fd, bool patient);

/* Ends the groups of dead owners; ALL as in lock_each_dead().  A start kills
 * the processes in them and does not wait: a later start, or box-gc, removes
 * the groups. */
void cg_end_dead(bool all);

#endif
