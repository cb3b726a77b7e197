#ifndef NET_RESOLV_H
#define NET_RESOLV_H

#include <stdint.h>

/* What a box's resolv.conf says (resolv.conf(5)). */

#define RESOLV_MAX 3 /* name servers that a libc looks at */

struct resolv {
	const char *addr[RESOLV_MAX];
	unsigned n;
	const char *word; /* "host" or "none" in place of addresses, or NULL */
};

/* One --dns word: an address, "host" or "none"; dies with 125 on others. */
void resolv_add(struct resolv *r, const char *word);

/* The file's text, malloc'ed; NULL for "none".  Without a word the reference
 * container's 8.8.8.8 and 8.8.4.4; "host": the real resolvers of this host,
 * never a stub on its loopback.  Dies with 125 where it has no other. */
char *resolv_text(const struct resolv *r);

/* The IPv4 ones of its name servers, in host byte order; returns how many, of
 * which there are none with "none". */
unsigned resolv_servers(const struct resolv *r, uint32_t addr[RESOLV_MAX]);

#endif
