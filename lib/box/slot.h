#ifndef BOX_SLOT_H
#define BOX_SLOT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number from which a box's address, its id range and the names of its link
 * follow.  Slot 0 has the reference container's: 10.0.0.2, veth0. */

#define SLOT_POOL "10.0.0.0/24"
#define SLOT_POOL6 "fd62:6f78::/64"

/* Ids 0..65535 of slot N are the host's SLOT_IDS_BASE + N * SLOT_IDS and on:
 * above systemd's ranges, below 2^31. */
#define SLOT_IDS_BASE 1879048192u
#define SLOT_IDS 65536u

/* The lock of a slot's lease; its number follows. */
#define SLOT_LOCK "slot-"

/* Links of boxes are in one of two device groups (ip link show group 45253):
 * in the second one, those that the shared rules of net-nat let out. */
#define VETH_GROUP 45253
#define VETH_GROUP_NAT 45252
#define VETH_IS_BOX(group) (((group) | 1u) == VETH_GROUP)

struct slot {
	unsigned num;
	uint32_t pool; /* network address, host byte order */
	unsigned len;  /* its prefix length */
	bool has6;     /* the same for IPv6, if the box is to have it */
	struct in6_addr pool6;
	unsigned len6;
};

/* The slot of the options' words; NULL: the chain's (BOX_SLOT, BOX_POOL,
 * BOX_POOL6), else slot 0 of SLOT_POOL, without IPv6.  Dies with 125 on a bad
 * word or a number that the pool does not have. */
struct slot slot_get(const char *num, const char *pool, const char *pool6);

/* The number of the slot in the pool of S that has the address of WORD.  Dies
 * with 125, naming WHAT, if there is none. */
unsigned slot_of(const char *what, const struct slot *s, const char *word);

/* The number of slots in a pool. */
unsigned slot_count(unsigned len);

uint32_t slot_gateway(const struct slot *s); /* the pool's first address */
uint32_t slot_addr(const struct slot *s);
uint32_t slot_ids(const struct slot *s); /* the first id of its range */

/* Of a slot that has6: ::1, and ::2, ::3... of its pool. */
struct in6_addr slot_gateway6(const struct slot *s);
struct in6_addr slot_addr6(const struct slot *s);

/* The name of the host's end: veth0, box1, box2... */
const char *slot_link(const struct slot *s, char *buf, size_t size);

#endif
