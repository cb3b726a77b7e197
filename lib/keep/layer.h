#ifndef KEEP_LAYER_H
#define KEEP_LAYER_H

#include <stdbool.h>

/* The layer of a named box: a directory that has the changes to its root
 * directory (rootfs-enter --overlay), and the link "root" to that directory.  A
 * process that makes or removes a layer has the box's lock. */

/* The layer's place, in a static buffer: /var/lib/box/NAME for root, but
 * layer/NAME in the state directory for others or with $BOX_STATE set. */
const char *layer_place(const char *name);

/* Whether there is one, or may be. */
bool layer_there(const char *name);

/* For the keeper.  Finds the layer of NAME over the directory ROOT, or makes
 * it: *made.  With -n only says so.  Dies with 125 if ROOT is no directory, or
 * if the layer is over another one. */
void layer_make(const char *name, const char *root, bool *made);

/* Removes the layer, if there is one.  -1 with errno. */
int layer_remove(const char *name);

#endif
