#ifndef PAYLOAD_CAPS_H
#define PAYLOAD_CAPS_H

#include <stdint.h>

/* Sets of capabilities (capabilities(7)), a bit for each. */

/* The set of a list, "NET_RAW,cap_sys_admin" or "ALL"; dies with 125 on an
 * unknown name.  WHAT names the option. */
uint64_t caps_list(const char *what, const char *list);

/* What a box keeps with these options, in whatever order they came: docker's
 * list, less NET_RAW (ping has ping_group_range, net-veth(1)) and MKNOD (which
 * a user namespace does not grant), with ADD and without DROP.  Of DROP ALL
 * only what ADD names is excepted, and the other way round. */
uint64_t caps_keep(uint64_t add, uint64_t drop);

/* What the process has, its permitted set. */
uint64_t caps_permitted(void);

/* Cuts the bounding set to KEEP; needs CAP_SETPCAP.  Dies with 125. */
void caps_bound(uint64_t keep);

/* Cuts permitted and effective to KEEP, and empties inheritable and ambient.
 * Dies with 125. */
void caps_limit(uint64_t keep);

/* Sets no_new_privs (prctl(2)): the file of a program gives no more than what
 * is there already.  Dies with 125. */
void caps_no_new_privs(void);

#endif
