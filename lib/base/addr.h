#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <stdbool.h>
#include <stdint.h>

/* IPv4 addresses, in host byte order, and their networks: an address and the
 * length of its prefix, 0 to 32 bits. */

/* A.B.C.D; false on another word. */
bool addr_read(const char *s, uint32_t *addr);

/* Whether the word is an IPv6 address (inet_pton(3)). */
bool addr_is6(const char *s);

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

#endif
