#ifndef BASE_PLAIN_H
#define BASE_PLAIN_H

#include <stddef.h>

/* Text from a box, for a terminal, which obeys some bytes. */

/* The length of the character at S, which has N bytes: of a tab, or one of
 * UTF-8 that is no control character.  0: another byte; -1: the character is
 * longer than N. */
int plain_char(const unsigned char *s, size_t n);

/* Copies IN to OUT up to its end, with "?" in place of each other byte but
 * newlines; "\r\n" becomes "\n".  What has come is written at once, and the
 * memory that this takes is fixed.  -1 with errno. */
int plain_copy(int in, int out);

#endif
