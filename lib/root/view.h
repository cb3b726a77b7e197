#ifndef ROOT_VIEW_H
#define ROOT_VIEW_H

#include "stage/door.h"

#include <stdbool.h>

/* A detached mount (move_mount(2)) of the caller's PATH, with the mounts below
 * it: the doorman's, shown with the box's ids, or without a doorman this
 * process's own.  OP, NEWNS: see door_tree().  Close-on-exec.  Dies with 125.
 */
int tree_open(enum door_op op, const char *path, bool *newns);

#endif
