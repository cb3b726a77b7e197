#ifndef COPY_BLOCK_H
#define COPY_BLOCK_H

#include <stdint.h>

/* The header of tar(5). */

#define BLOCK 512u

struct block {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8];
	char type, link[100], magic[8], uname[32], gname[32];
	char major[8], minor[8], prefix[155], rest[12];
};

/* Bytes from N on to the next block. */
static inline unsigned
block_rest(uint64_t n)
{
	return (unsigned)(-n % BLOCK);
}

/* The sum of its bytes, with blanks in place of the field for it. */
static inline unsigned
block_sum(const struct block *b)
{
	const unsigned char *c = (const unsigned char *)b;
	unsigned sum = 8 * ' ';

	for (unsigned i = 0; i < BLOCK; i++)
		if (c + i < (const unsigned char *)b->sum ||
		    c + i >= (const unsigned char *)&b->type)
			sum += c[i];
	return sum;
}

#endif
