// SPDX-License-Identifier: MIT
/*
 * put - archives, written
 *
 * Each entry has a pax header, because nearly every file has a time with parts
 * of a second.  The old header has the same values as far as they fit.
 */
#include "base/die.h"
#include "copy/block.h"
#include "copy/tar.h"

#include <inttypes.h>
#include <string.h>

#define OCTAL_MAX 077777777777u /* in a field of 12 */

/* Records of a pax header, "LENGTH KEY=VALUE\n". */
struct records {
	char text[4 * PATH_MAX];
	size_t len;
};

static void
add(struct records *r, const char *key, const char *value)
{
	const size_t rest = strlen(key) + strlen(value) + strlen(" =\n");
	size_t len = rest + 1;

	/* The length includes its own digits. */
	while (snprintf(NULL, 0, "%zu", len) + rest != len)
		len++;
	snprintf(r->text + r->len, sizeof(r->text) - r->len, "%zu %s=%s\n", len,
	    key, value);
	r->len += len;
}

static void
add_number(struct records *r, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	add(r, key, text);
}

void
tar_data(FILE *out, const void *buf, size_t len)
{
	if (fwrite(buf, 1, len, out) != len)
		die("write an archive");
}

static void
zeros(FILE *out, size_t len)
{
	static const char none[2 * BLOCK];

	tar_data(out, none, len);
}

static uint64_t
data_len(const struct tar_entry *e)
{
	uint64_t len = 0;

	for (unsigned i = 0; i < e->n_parts; i++)
		len += e->parts[i].len;
	return len;
}

static void
put_block(FILE *out, const struct tar_entry *e, char type, uint64_t size)
{
	struct block b = {.type = type, .magic = "ustar\00000"};

	memcpy(b.name, e->path, strnlen(e->path, sizeof(b.name)));
	memcpy(b.link, e->link, strnlen(e->link, sizeof(b.link)));
	snprintf(b.mode, sizeof(b.mode), "%07o", e->mode & 07777);
	snprintf(b.uid, sizeof(b.uid), "%07o", e->uid & 07777777);
	snprintf(b.gid, sizeof(b.gid), "%07o", e->gid & 07777777);
	snprintf(
	    b.size, sizeof(b.size), "%011" PRIo64, size > OCTAL_MAX ? 0 : size);
	snprintf(b.mtime, sizeof(b.mtime), "%011" PRIo64,
	    e->mtime.tv_sec < 0 ? 0 : (uint64_t)e->mtime.tv_sec & OCTAL_MAX);
	snprintf(b.sum, sizeof(b.sum), "%06o", block_sum(&b));
	b.sum[7] = ' ';
	tar_data(out, &b, sizeof(b));
}

/* The list of the parts at the beginning of the data: their number, and the
 * place and length of each. */
static size_t
map_text(const struct tar_entry *e, char *buf, size_t size)
{
	size_t len = (size_t)snprintf(buf, size, "%u\n", e->n_parts);

	for (unsigned i = 0; i < e->n_parts; i++)
		len += (size_t)snprintf(buf + len, size - len,
		    "%" PRIu64 "\n%" PRIu64 "\n", e->parts[i].at,
		    e->parts[i].len);
	memset(buf + len, 0, block_rest(len));
	return len + block_rest(len);
}

void
tar_put(FILE *out, const struct tar_entry *e)
{
	static char map[TAR_PARTS * 42 + 2 * BLOCK];
	struct records r = {.len = 0};
	uint64_t size = data_len(e);
	const bool holes = size != e->size;
	const size_t map_len = holes ? map_text(e, map, sizeof(map)) : 0;
	char time[48];

	size += map_len;
	snprintf(time, sizeof(time), "%jd.%09ld", (intmax_t)e->mtime.tv_sec,
	    e->mtime.tv_nsec);
	add(&r, "path", e->path);
	add(&r, "mtime", time);
	if (e->link[0])
		add(&r, "linkpath", e->link);
	if (size > OCTAL_MAX)
		add_number(&r, "size", size);
	add_number(&r, "uid", e->uid);
	add_number(&r, "gid", e->gid);
	if (holes) {
		add(&r, "GNU.sparse.major", "1");
		add(&r, "GNU.sparse.minor", "0");
		add(&r, "GNU.sparse.name", e->path);
		add_number(&r, "GNU.sparse.realsize", e->size);
	}
	put_block(out, e, 'x', r.len);
	tar_data(out, r.text, r.len);
	zeros(out, block_rest(r.len));
	put_block(out, e, e->type, size);
	tar_data(out, map, map_len);
}

void
tar_pad(FILE *out, const struct tar_entry *e)
{
	zeros(out, block_rest(data_len(e)));
}

void
tar_end(FILE *out)
{
	zeros(out, 2 * BLOCK);
	if (fflush(out) == EOF)
		die("write an archive");
}
