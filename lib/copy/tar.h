#ifndef COPY_TAR_H
#define COPY_TAR_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

/* Archives of tar(5), in the pax format of POSIX, with the holes of files as in
 * GNU tar (pax format, sparse 1.0).  struct tar_entry is all the memory that
 * they need. */

#define TAR_PARTS 4096

/* A part of a file that is data; between two parts is a hole. */
struct tar_part {
	uint64_t at, len;
};

struct tar_entry {
	char type; /* tar(5): '0' file, '1' hard link, '2' symbolic link, '5'
		    * directory, '6' fifo; all else is not copied */
	mode_t mode;
	uint32_t uid, gid;
	uint64_t size; /* of the file, with its holes */
	struct timespec mtime;
	char path[PATH_MAX], link[PATH_MAX];
	unsigned n_parts; /* in ascending order */
	struct tar_part parts[TAR_PARTS];
};

/* tar_put() writes the entry's headers; the caller writes the bytes of its
 * parts by tar_data(), and calls tar_pad().  tar_end() writes the archive's
 * end.  All die with 125; without a reader by SIGPIPE. */
void tar_put(FILE *out, const struct tar_entry *e);
void tar_data(FILE *out, const void *buf, size_t len);
void tar_pad(FILE *out, const struct tar_entry *e);
void tar_end(FILE *out);

/* The status with which a reader exits silently if the archive ends too early:
 * the writer has printed the reason. */
#define TAR_CUT 3

/* Reads the next entry, of GNU, POSIX and older archives; the type of a file is
 * always '0'.  False at the archive's end.  Skips the unread rest of the entry
 * before.  Dies with 125 on a bad archive: no member of *E is out of its
 * bounds, but the writer chose the paths. */
bool tar_get(FILE *in, struct tar_entry *e);

/* Reads LEN bytes of the parts of the current entry. */
void tar_read(FILE *in, void *buf, size_t len);

#endif
