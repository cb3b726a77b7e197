#ifndef OCI_MOUNTS_H
#define OCI_MOUNTS_H

#include "oci/json.h"
#include "oci/words.h"

/* The root directory of a config: the table of rootfs-fstab(1) and its options.
 * All die with 125, naming the property, on a value that is not done. */

/* The table's text, malloc'ed.  BUNDLE is the absolute path of the bundle, from
 * which relative sources count; GROUP is the container's control group. */
char *mounts_table(struct json config, const char *bundle, const char *group);

/* Devices, links, masks, read-only paths, and --read-only. */
void mounts_words(struct words *w, struct json config);

/* PATH of the bundle as an absolute one, malloc'ed. */
char *mounts_absolute(const char *bundle, const char *path);

#endif
