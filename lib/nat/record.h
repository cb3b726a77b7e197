#ifndef NAT_RECORD_H
#define NAT_RECORD_H

#include "nat/rules.h"

/* The record of the rules that all boxes share in a network namespace, in the
 * file lock/pool-COOKIE of the state directory.  It is read and written under
 * the network namespace's lock. */

/* Before the cookie, in a record's name. */
#define RECORD_PREFIX "pool-"

struct record {
	bool made; /* in this boot, and thus by its kernel */
	/* If not made: the record is another boot's, or does not say what its
	 * rules are, as that of another version, or an empty one. */
	bool old_boot, unread;
	struct nat rules;
	char boot[40];
	/* The back end, and an earlier one that may still have rules, or
	 * "-". */
	char backend[16], old[16];
	uint32_t generation; /* of nftables at the last look, 0: look again */
	uint32_t hash;	     /* of the rules' text */
};

/* Sets the network namespace, and names its record. */
void record_of(uint64_t cookie);
const char *record_name(void);

/* Reads the record in FD, which is without rules if FD is -1, or if the machine
 * has restarted since.  record_look() opens and closes the file, if there is
 * one. */
void record_read(int fd, struct record *r);
void record_look(struct record *r);

/* With -n does nothing.  Dies with 125. */
void record_write(int fd, const struct record *r);

/* Of the rules as this version makes them. */
uint32_t record_hash(const struct nat *n);

/* Adds a pool, if it is not there; false if there is no room, or if it overlaps
 * another. */
bool record_add(struct nat *n, const struct nat_pool *p);

/* The same of all pools of a slot; false with some of them added. */
bool record_add_all(struct nat *n, const struct slot *s);

#endif
