#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* IPv4 addresses, in host byte order, and their networks: an address and the
 * length of its prefix, 0 to 32 bits. */

/* A.B.C.D; false on another word. */
bool addr_read(const char *s, uint32_t *addr);

/* A.B.C.D, and A.B.C.D/LEN with 1 to 32.  Die with 125, naming WHAT (an option
 * or operand) and the word. */
uint32_t addr_parse(const char *what, const char *s);
uint32_t addr_parse_net(const char *what, const char *s, unsigned *len);

/* Dies with 125, naming WHAT, unless a host can have ADDR: not if it is the
 * address of the network itself, its broadcast address, or one of 0/8, 127/8,
 * multicast and the reserved ones. */
void addr_check_host(const char *what, uint32_t addr, unsigned len);

/* The netmask of that length. */
uint32_t addr_mask(unsigned len);

/* A.B.C.D, in one of four static buffers used in turn. */
const char *addr_text(uint32_t addr);

/* The same of IPv6, whose addresses stay in network byte order.  Prefixes are
 * of 1 to 128 bits. */
bool addr6_read(const char *s, struct in6_addr *addr);
struct in6_addr addr6_parse_net(const char *what, const char *s, unsigned *len);
const char *addr6_text(const struct in6_addr *addr);

/* The first LEN bits of ADDR; whether those of both are the same. */
struct in6_addr addr6_net(const struct in6_addr *addr, unsigned len);
bool addr6_same(
    const struct in6_addr *a, const struct in6_addr *b, unsigned len);

#endif
