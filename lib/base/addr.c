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

bool
addr_is6(const char *s)
{
	struct in6_addr a;

	return inet_pton(AF_INET6, s, &a) == 1;
}

uint32_t
addr_parse(const char *what, const char *s)
{
	uint32_t addr;

	if (!addr_read(s, &addr))
		diex("%s: '%s' is not an IPv4 address", what, s);
	return addr;
}

uint32_t
addr_parse_net(const char *what, const char *s, unsigned *len)
{
	char addr[INET_ADDRSTRLEN];
	const char *slash = strchr(s, '/');

	if (!slash || slash - s >= (long)sizeof(addr))
		diex("%s: '%s' is not an address/length such as 10.0.0.0/24",
		    what, s);
	memcpy(addr, s, (size_t)(slash - s));
	addr[slash - s] = '\0';
	*len = (unsigned)parse_num(what, slash + 1, 1, 32);
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
