#ifndef PAYLOAD_USER_H
#define PAYLOAD_USER_H

#include <limits.h>
#include <sys/types.h>

/* The user and groups of a program, from /etc/passwd and /etc/group of the
 * process's root directory, never from a name service. */
struct user {
	uid_t uid;
	gid_t gid;
	gid_t groups[256];
	int n_groups;
	char home[PATH_MAX];
};

/* Reads WORD, "USER[:GROUP]", each a name or a number; NULL: "0".  A number
 * without an entry has the same number as group, and the home "/".  Dies with
 * 125 on an unknown name. */
void user_get(struct user *u, const char *word);

/* Adds the group WORD, a name in /etc/group or a number.  Dies with 125 on an
 * unknown name or a group that is not mapped in this user namespace. */
void user_add_group(struct user *u, const char *word);

/* Becomes the user (setgroups, setresgid, setresuid) and keeps
 * PR_SET_PDEATHSIG.  Dies with 125, also if the parent has died. */
void user_become(const struct user *u);

#endif
