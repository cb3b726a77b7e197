#ifndef NAT_GRACE_H
#define NAT_GRACE_H

/* The time for which the shared rules stay after the last box, for the next. */
#define GRACE 1 /* second */

/* Begins the grace of the rules with the record RECORD, under the lock COMMON:
 * in a second a process of its own, for which nobody waits, takes COMMON and
 * calls OVER with it, or at once at a SIGTERM.  If such a process is there
 * already, its time begins again.  A failure is a warning: the next start, or
 * box-gc, removes the rules. */
void grace_begin(
    const char *record, const char *common, void (*over)(int lock));

#endif
