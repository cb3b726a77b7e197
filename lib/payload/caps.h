#ifndef PAYLOAD_CAPS_H
#define PAYLOAD_CAPS_H

#include <stdint.h>

/* Sets of capabilities (capabilities(7)): a bit for each. */

/* Docker's list, without NET_RAW, because ping has ping_group_range
 * (net-veth(1)), and without MKNOD, which a user namespace does not grant. */
extern const uint64_t caps_kept;

/* The set of a list, "NET_RAW,cap_sys_admin" or "ALL".  Dies with
 * 125, naming the option WHAT, on an unknown name. */
uint64_t caps_list(const char *what, const char *list);

/* The capabilities that a box keeps: BASE with ADD and without DROP.  The names
 * in one list are exceptions to an ALL in the other. */
uint64_t caps_keep(uint64_t base, uint64_t add, uint64_t drop);

/* Dies with 125, naming WHAT, if the bounding set of this process lacks one of
 * SET, unless that is ALL: of ALL, a box gets what there is.  $BOX_CUT names
 * the stage that has cut the set. */
void caps_check(const char *what, uint64_t set);

/* The permitted set of the process. */
uint64_t caps_permitted(void);

/* Cuts the bounding set to KEEP; needs CAP_SETPCAP.  Dies with 125. */
void caps_bound(uint64_t keep);

/* Cuts permitted and effective to KEEP, and sets inheritable and ambient to
 * AMBIENT, some of KEEP.  Dies with 125. */
void caps_limit(uint64_t keep, uint64_t ambient);

/* Sets no_new_privs (prctl(2)): an exec gives no capability that the process
 * lacks.  Dies with 125. */
void caps_no_new_privs(void);

#endif
