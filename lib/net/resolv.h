#ifndef NET_RESOLV_H
#define NET_RESOLV_H

#include <stdint.h>

/* A box's resolv.conf (resolv.conf(5)). */

#define RESOLV_MAX 3 /* name servers that a libc asks */

struct resolv {
	const char *addr[RESOLV_MAX];
	unsigned n;
	const char *word; /* "auto", "host" or "none", or NULL: addresses */
};

/* Adds a --dns word: an address, "auto", "host" or "none".  Dies with 125 on
 * another word. */
void resolv_add(struct resolv *r, const char *word);

/* The file's text, malloc'ed; NULL for "none".  Without a word and an address:
 * 8.8.8.8 and 8.8.4.4.  For "host": the real servers of this host, never a stub
 * on its loopback, and the other lines of its file; dies with 125 if the host
 * has no other.  For "auto": the same without link-local ones, as a box has no
 * such address, and without those of IPv6 unless the box has it (BOX_ADDR6); if
 * there is none, as without a word. */
char *resolv_text(const struct resolv *r);

/* The IPv4 addresses among the name servers, in host byte order; returns their
 * number, 0 for "none". */
unsigned resolv_servers(const struct resolv *r, uint32_t addr[RESOLV_MAX]);

#endif
