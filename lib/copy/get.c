// SPDX-License-Identifier: MIT
/*
 * get - archives, read
 *
 * The writer may be hostile.  Each length is checked against the room for it,
 * and each number against its bounds.
 */
#include "base/die.h"
#include "copy/block.h"
#include "copy/tar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_BITS 62
#define HEADER_MAX (4 * PATH_MAX) /* of a pax header, or a long name */

/* Members of the entry that headers before its own have set. */
static bool has_path, has_link, has_size, has_mtime, has_uid, has_gid;
static unsigned sparse; /* the major number of its format */
static uint64_t pax_size;
static uint64_t left; /* unread bytes of the current entry */
static unsigned padding;

__attribute__((noreturn)) static void
damaged(const char *why)
{
	diex("the archive is damaged: %s", why);
}

static void
take(FILE *in, void *buf, size_t len)
{
	if (fread(buf, 1, len, in) == len)
		return;
	if (ferror(in))
		die("read an archive");
	exit(TAR_CUT);
}

void
tar_read(FILE *in, void *buf, size_t len)
{
	if (len > left)
		damaged("a file is longer than its entry");
	take(in, buf, len);
	left -= len;
}

static void
skip(FILE *in)
{
	char buf[64 * BLOCK];
	uint64_t n = left + padding;

	for (size_t part; n > 0; n -= part) {
		part = n < sizeof(buf) ? (size_t)n : sizeof(buf);
		take(in, buf, part);
	}
	left = padding = 0;
}

/* A decimal number up to the character END; moves *S behind END. */
static uint64_t
decimal(char **s, char end)
{
	char *stop;
	uint64_t n;

	errno = 0;
	n = strtoull(*s, &stop, 10);
	if (**s < '0' || **s > '9' || errno || *stop != end || n >> SIZE_BITS)
		damaged("a number");
	*s = stop + 1;
	return n;
}

/* A field of a header: octal, or (GNU) the first bit set and then binary. */
static uint64_t
number(const char *field, size_t size)
{
	const unsigned char *c = (const unsigned char *)field;
	const bool binary = *c & 0x80;
	uint64_t n = binary ? *c & 0x3f : 0;
	size_t i = binary;

	/* A negative number: a time before 1970. */
	if (binary && (*c & 0x40))
		return 0;
	while (!binary && i < size && c[i] == ' ')
		i++;
	for (; i < size && (binary || (c[i] >= '0' && c[i] <= '7')); i++) {
		if (n >> (SIZE_BITS - 8))
			damaged("a number");
		n = binary ? n << 8 | c[i] : n << 3 | (c[i] - '0');
	}
	return n;
}

static uint32_t
id(uint64_t n)
{
	if (n >= UINT32_MAX)
		damaged("an id");
	return (uint32_t)n;
}

static void
name(char *to, const char *from, size_t len)
{
	if (len >= PATH_MAX || memchr(from, '\0', len))
		damaged("a name");
	memcpy(to, from, len);
	to[len] = '\0';
}

/* "SECONDS.FRACTION" */
static void
set_time(struct timespec *t, char *s)
{
	char digits[] = "000000000", *end = digits;
	size_t digits_len;

	if (*s == '-') {
		*t = (struct timespec){0};
		return;
	}
	t->tv_sec = (time_t)decimal(&s, strchr(s, '.') ? '.' : '\0');
	t->tv_nsec = 0;
	if (s[-1] != '.')
		return;
	digits_len = strspn(s, "0123456789");
	memcpy(digits, s, digits_len < 9 ? digits_len : 9);
	t->tv_nsec = (long)decimal(&end, '\0');
}

/* KEY=VALUE with a NUL at its end; a value may have newlines. */
static void
set(struct tar_entry *e, const char *key, char *value, size_t len)
{
	if (strcmp(key, "path") == 0 || strcmp(key, "GNU.sparse.name") == 0) {
		name(e->path, value, len);
		has_path = true;
	} else if (strcmp(key, "linkpath") == 0) {
		name(e->link, value, len);
		has_link = true;
	} else if (strcmp(key, "size") == 0) {
		pax_size = decimal(&value, '\0');
		has_size = true;
	} else if (strcmp(key, "GNU.sparse.realsize") == 0) {
		e->size = decimal(&value, '\0');
	} else if (strcmp(key, "mtime") == 0) {
		set_time(&e->mtime, value);
		has_mtime = true;
	} else if (strcmp(key, "uid") == 0) {
		e->uid = id(decimal(&value, '\0'));
		has_uid = true;
	} else if (strcmp(key, "gid") == 0) {
		e->gid = id(decimal(&value, '\0'));
		has_gid = true;
	} else if (strcmp(key, "GNU.sparse.major") == 0) {
		sparse = (unsigned)decimal(&value, '\0');
	} else if (strcmp(key, "GNU.sparse.map") == 0) {
		diex("an archive of sparse files in an older format than 1.0");
	}
}

static void
read_pax(struct tar_entry *e, char *text, char *end)
{
	char *s = text, *equals;
	uint64_t len;

	while (s < end) {
		char *const record = s;

		len = decimal(&s, ' ');
		if (len > (uint64_t)(end - record) || record + len <= s ||
		    record[len - 1] != '\n')
			damaged("a pax header");
		record[len - 1] = '\0';
		equals = strchr(s, '=');
		if (!equals)
			damaged("a pax header");
		*equals++ = '\0';
		set(e, s, equals, (size_t)(record + len - 1 - equals));
		s = record + len;
	}
}

/* Reads a header about the next entry. */
static void
read_extra(FILE *in, struct tar_entry *e, char type)
{
	char text[HEADER_MAX + 1];
	const size_t len = (size_t)left;

	/* A global header has nothing for us. */
	if (type == 'g') {
		skip(in);
		return;
	}
	if (left > HEADER_MAX)
		damaged("a header is too long");
	tar_read(in, text, len);
	skip(in);
	text[len] = '\0';
	if (type == 'x') {
		read_pax(e, text, text + len);
		return;
	}
	name(type == 'L' ? e->path : e->link, text, strlen(text));
	*(type == 'L' ? &has_path : &has_link) = true;
}

/* Reads a number of the list of parts with which a sparse file's data begin. */
static uint64_t
map_number(FILE *in)
{
	char line[24] = "", *s = line;
	size_t n = 0;

	do {
		if (n == sizeof(line) - 1)
			damaged("a list of parts");
		tar_read(in, line + n, 1);
	} while (line[n++] != '\n');
	return decimal(&s, '\n');
}

static void
read_map(FILE *in, struct tar_entry *e)
{
	const uint64_t all = left, parts = map_number(in);
	uint64_t at = 0;
	char rest[BLOCK];

	if (parts > TAR_PARTS)
		diex("%.200s has more than %d holes", e->path, TAR_PARTS);
	for (e->n_parts = 0; e->n_parts < parts; e->n_parts++) {
		struct tar_part *p = &e->parts[e->n_parts];

		p->at = map_number(in);
		p->len = map_number(in);
		if (p->at < at || p->at + p->len > e->size)
			damaged("a list of parts");
		at = p->at + p->len;
	}
	tar_read(in, rest, block_rest(all - left));
}

static void
from_block(struct tar_entry *e, const struct block *b)
{
	const size_t len = strnlen(b->name, sizeof(b->name));
	const bool split = memcmp(b->magic, "ustar", 6) == 0 && b->prefix[0];

	e->type = b->type == '\0' || b->type == '7' ? '0' : b->type;
	e->mode = (mode_t)number(b->mode, sizeof(b->mode)) & 07777;
	if (!has_path)
		snprintf(e->path, sizeof(e->path), "%.*s%s%.*s",
		    split ? (int)sizeof(b->prefix) : 0, b->prefix,
		    split ? "/" : "", (int)len, b->name);
	if (!has_link)
		name(e->link, b->link, strnlen(b->link, sizeof(b->link)));
	if (!has_uid)
		e->uid = id(number(b->uid, sizeof(b->uid)));
	if (!has_gid)
		e->gid = id(number(b->gid, sizeof(b->gid)));
	if (!has_mtime)
		e->mtime.tv_sec = (time_t)number(b->mtime, sizeof(b->mtime));
	/* The oldest archives mark a directory by a slash. */
	if (e->type == '0' && e->path[0] && strrchr(e->path, '/') &&
	    !strrchr(e->path, '/')[1])
		e->type = '5';
}

bool
tar_get(FILE *in, struct tar_entry *e)
{
	const struct block none = {0};
	struct block b;

	skip(in);
	has_path = has_link = has_size = has_mtime = has_uid = has_gid = false;
	sparse = 0;
	e->mtime = (struct timespec){0};
	for (;;) {
		take(in, &b, sizeof(b));
		if (memcmp(&b, &none, sizeof(b)) == 0)
			return false;
		if (number(b.sum, sizeof(b.sum)) != block_sum(&b))
			damaged("a header");
		left = number(b.size, sizeof(b.size));
		padding = block_rest(left);
		if (!b.type || !strchr("xgLK", b.type))
			break;
		read_extra(in, e, b.type);
	}
	from_block(e, &b);
	if (e->type == 'S' || sparse > 1)
		diex("%.200s: sparse in an unknown format", e->path);
	if (has_size)
		left = pax_size;
	if (strchr("123456", e->type))
		left = 0;
	padding = block_rest(left);
	if (sparse) {
		read_map(in, e);
		return true;
	}
	e->size = left;
	e->n_parts = left > 0;
	e->parts[0] = (struct tar_part){0, left};
	return true;
}
