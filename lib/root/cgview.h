#ifndef ROOT_CGVIEW_H
#define ROOT_CGVIEW_H

#include <stdbool.h>

/* Shows the groups that cg-limit has made for the box at fs/cgroup below SYS,
 * an attached sysfs, read-only; with DELEGATE all of them, to be written.  Does
 * nothing without such a group, and without a cgroup namespace of the box's
 * own.  say() names DIR/sys/fs/cgroup.  Dies with 125. */
void cgview_make(int sys, const char *dir, bool delegate);

#endif
