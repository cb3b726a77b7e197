// SPDX-License-Identifier: MIT
/* addr - words into addresses and back, in one place */
#include "base/addr.h"
#include "base/die.h"
#include "base/parse.h"

#include <arpa/inet.h>
#include <string.h>

bool
addr_read(const char *s, uint32_t *addr)
{
	struct in_addr a;

	if (inet_pton(AF_INET, s, &a) != 1)
		return false;
	*addr = ntohl(a.s_addr);
	return true;
}

uint32_t
addr_parse(const char *what, const char *s)
{
	uint32_t addr;

	if (!addr_read(s, &addr))
		diex("%s: '%s' is not an IPv4 address", what, s);
	return addr;
}

/* The address of S, ADDRESS/LENGTH such as LIKE, in BUF; the length in *LEN. */
static void
split_net(const char *what, const char *s, const char *like, char *buf,
    size_t size, unsigned *len, unsigned most)
{
	const char *slash = strchr(s, '/');

	if (!slash || slash - s >= (long)size)
		diex("%s: '%s' is not an address/length such as %s", what, s,
		    like);
	memcpy(buf, s, (size_t)(slash - s));
	buf[slash - s] = '\0';
	*len = (unsigned)parse_num(what, slash + 1, 1, most);
}

uint32_t
addr_parse_net(const char *what, const char *s, unsigned *len)
{
	char addr[INET_ADDRSTRLEN];

	split_net(what, s, "10.0.0.0/24", addr, sizeof(addr), len, 32);
	return addr_parse(what, addr);
}

void
addr_check_host(const char *what, uint32_t addr, unsigned len)
{
	const uint32_t mask = addr_mask(len);

	if (addr >> 24 == 0 || addr >> 24 == 127 || addr >> 29 == 7 ||
	    (len < 31 && ((addr & ~mask) == 0 || (addr | mask) == UINT32_MAX)))
		diex("%s: %s/%u is not the address of a host", what,
		    addr_text(addr), len);
}

uint32_t
addr_mask(unsigned len)
{
	return (uint32_t)(UINT64_MAX << (32 - len));
}

const char *
addr_text(uint32_t addr)
{
	static char bufs[4][INET_ADDRSTRLEN];
	static unsigned turn;
	const struct in_addr a = {htonl(addr)};

	turn = (turn + 1) % 4;
	return inet_ntop(AF_INET, &a, bufs[turn], sizeof(bufs[0]));
}

bool
addr6_read(const char *s, struct in6_addr *addr)
{
	return inet_pton(AF_INET6, s, addr) == 1;
}

struct in6_addr
addr6_parse_net(const char *what, const char *s, unsigned *len)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr addr;

	split_net(what, s, "fd62:6f78::/64", text, sizeof(text), len, 128);
	if (!addr6_read(text, &addr))
		diex("%s: '%s' is not an IPv6 address", what, text);
	return addr;
}

const char *
addr6_text(const struct in6_addr *addr)
{
	static char bufs[4][INET6_ADDRSTRLEN];
	static unsigned turn;

	turn = (turn + 1) % 4;
	return inet_ntop(AF_INET6, addr, bufs[turn], sizeof(bufs[0]));
}

struct in6_addr
addr6_net(const struct in6_addr *addr, unsigned len)
{
	struct in6_addr net = {0};

	memcpy(&net, addr, len / 8);
	if (len % 8)
		net.s6_addr[len / 8] =
		    addr->s6_addr[len / 8] & (uint8_t)(0xff00 >> len % 8);
	return net;
}

bool
addr6_same(const struct in6_addr *a, const struct in6_addr *b, unsigned len)
{
	const struct in6_addr nets[] = {addr6_net(a, len), addr6_net(b, len)};

	return memcmp(&nets[0], &nets[1], sizeof(nets[0])) == 0;
}
