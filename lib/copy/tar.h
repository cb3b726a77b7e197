#ifndef COPY_TAR_H
#define COPY_TAR_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

/* Archives as of tar(5), in the pax format of POSIX, with the holes of files as
 * GNU tar writes them (pax format, sparse 1.0).  All of memory that they take
 * is struct tar_entry. */

#define TAR_PARTS 4096

/* Bytes of a file that are data; those between two parts are a hole. */
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

/* Writes the entry's headers; the caller writes the bytes of its parts, and
 * calls tar_pad().  tar_end() is the archive's end.  Die with 125; a reader
 * that has gone is SIGPIPE. */
void tar_put(FILE *out, const struct tar_entry *e);
void tar_data(FILE *out, const void *buf, size_t len);
void tar_pad(FILE *out, const struct tar_entry *e);
void tar_end(FILE *out);

/* The status with which a reader exits, silently, where the archive ends too
 * early: its writer has said why. */
#define TAR_CUT 3

/* The next entry, of GNU, POSIX and older archives; the type of a file is '0'
 * always.  False at the archive's end.  What was not read of the entry before
 * is skipped.  Dies with 125 on what is no archive: nothing of *E can be longer
 * or larger than it says, but the paths are as the writer had them. */
bool tar_get(FILE *in, struct tar_entry *e);

/* Reads LEN bytes of the parts of the current entry. */
void tar_read(FILE *in, void *buf, size_t len);

#endif
