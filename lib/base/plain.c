// SPDX-License-Identifier: MIT
/*
 * plain - text that no terminal obeys
 *
 * Control characters are C0, DEL and C1.  A terminal may take C1 as single
 * bytes, too, so no byte passes that is not a part of a character of UTF-8.
 */
#include "base/plain.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

int
plain_char(const unsigned char *s, size_t n)
{
	const unsigned char c = *s;
	const int len = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	/* The second byte's bounds leave out C1, overlong forms, surrogates,
	 * and characters beyond U+10FFFF. */
	const unsigned char low = c == 0xc2 || c == 0xe0 ? 0xa0
				  : c == 0xf0		 ? 0x90
							 : 0x80;
	const unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;

	if (len == 1)
		return (c >= ' ' && c < 0x7f) || c == '\t';
	if (c > 0xf4)
		return 0;
	for (int i = 1; i < len; i++) {
		if ((size_t)i == n)
			return -1;
		if (s[i] < (i == 1 ? low : 0x80) ||
		    s[i] > (i == 1 ? high : 0xbf))
			return 0;
	}
	return len;
}

static bool
write_all(int fd, const char *buf, size_t len)
{
	for (ssize_t n; len > 0; buf += n, len -= (size_t)n)
		if ((n = write(fd, buf, len)) < 0)
			return false;
	return true;
}

int
plain_copy(int in, int out)
{
	unsigned char buf[16 * 1024];
	char text[sizeof(buf)];
	size_t have = 0;
	ssize_t n;

	do {
		size_t at = 0, len = 0;

		n = read(in, buf + have, sizeof(buf) - have);
		if (n < 0)
			return -1;
		have += (size_t)n;
		while (at < have) {
			const unsigned char *s = buf + at;
			const size_t left = have - at;
			int c = *s == '\n' ? 1 : plain_char(s, left);

			if (*s == '\r')
				c = left == 1 ? -1 : 0;
			/* Its end may come with the next bytes. */
			if (c < 0 && n > 0)
				break;
			if (*s == '\r' && left > 1 && s[1] == '\n') {
				at++;
				continue;
			}
			if (c > 0)
				memcpy(text + len, s, (size_t)c);
			else
				text[len] = '?';
			c = c > 0 ? c : 1;
			at += (size_t)c;
			len += (size_t)c;
		}
		if (!write_all(out, text, len))
			return -1;
		have -= at;
		memmove(buf, buf + at, have);
	} while (n > 0);
	return 0;
}
