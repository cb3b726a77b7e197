#ifndef PAYLOAD_USER_H
#define PAYLOAD_USER_H

#include <limits.h>
#include <sys/types.h>

/* Who a program runs as, from the passwd and group files below the running
 * root, never by a name service. */
struct user {
	uid_t uid;
	gid_t gid;
	gid_t groups[256];
	int n_groups;
	char home[PATH_MAX];
};

/* From "USER[:GROUP]", each a name or a number; NULL: 0.  A number without an
 * entry has itself as group and the home "/".  Dies with 125 if a name is
 * unknown. */
void user_get(struct user *u, const char *word);

/* Becomes the user (setgroups, setresgid, setresuid), and still dies with the
 * parent if it did before.  Dies with 125. */
void user_become(const struct user *u);

#endif
