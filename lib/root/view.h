#ifndef ROOT_VIEW_H
#define ROOT_VIEW_H

#include "stage/door.h"

#include <stdbool.h>

/* A detached mount (move_mount(2)) of PATH, a name of the caller's, and of what
 * is mounted below it: asked of the doorman where there is one, shown with the
 * box's ids where these are others.  OP, NEWNS: see door_tree().  A descriptor
 * of the caller's, close-on-exec.  Dies with 125. */
int tree_open(enum door_op op, const char *path, bool *newns);

#endif
