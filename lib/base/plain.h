#ifndef BASE_PLAIN_H
#define BASE_PLAIN_H

#include <stddef.h>

/* Text from a box, for a terminal, without the bytes that control it. */

/* The length of the character at S, which has N bytes: a tab, or a character of
 * UTF-8 that is not a control character.  0: another byte; -1: the character is
 * longer than N. */
int plain_char(const unsigned char *s, size_t n);

/* Copies IN to OUT up to its end, with "?" in place of each other byte but
 * newlines; "\r\n" becomes "\n".  Writes after each read, and uses a fixed
 * amount of memory.  -1 with errno. */
int plain_copy(int in, int out);

#endif
