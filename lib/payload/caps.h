#ifndef PAYLOAD_CAPS_H
#define PAYLOAD_CAPS_H

#include <stdint.h>

/* Sets of capabilities (capabilities(7)): a bit for each. */

/* The set of a list, "NET_RAW,cap_sys_admin" or "ALL".  Dies with 125, naming
 * the option WHAT, on an unknown name. */
uint64_t caps_list(const char *what, const char *list);

/* The capabilities that a box keeps: docker's list with ADD and without DROP.
 * NET_RAW is not in the list, because ping has ping_group_range (net-veth(1)),
 * nor MKNOD, which a user namespace does not grant.  The names in one list are
 * exceptions to an ALL in the other. */
uint64_t caps_keep(uint64_t add, uint64_t drop);

/* Dies with 125 if the bounding set of this process lacks one of ADD, unless
 * that is ALL: of ALL, a box gets what there is.  $BOX_CUT names the stage that
 * has cut the set. */
void caps_check(uint64_t add);

/* The permitted set of the process. */
uint64_t caps_permitted(void);

/* Cuts the bounding set to KEEP; needs CAP_SETPCAP.  Dies with 125. */
void caps_bound(uint64_t keep);

/* Cuts permitted and effective to KEEP, and empties inheritable and ambient.
 * Dies with 125. */
void caps_limit(uint64_t keep);

/* Sets no_new_privs (prctl(2)): an exec gives no capability that the process
 * lacks.  Dies with 125. */
void caps_no_new_privs(void);

#endif
