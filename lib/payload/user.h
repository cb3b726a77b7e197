#ifndef PAYLOAD_USER_H
#define PAYLOAD_USER_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* The user and groups of a program, from /etc/passwd and /etc/group of the
 * process's root directory, never from a name service. */
struct user {
	uid_t uid;
	gid_t gid;
	gid_t groups[1024];
	int n_groups;
	char home[PATH_MAX];
};

/* Reads WORD, "USER[:GROUP]", each a name or a number; NULL: "0".  A number
 * without an entry has the same number as group, and the home "/".  Two numbers
 * need no file of the box's, unless WITH_HOME asks for the home.  Dies with 125
 * on an unknown name. */
void user_get(struct user *u, const char *word, bool with_home);

/* LIST, numbers with commas between, or "", is all of the user's groups but the
 * first.  Dies with 125, naming WHAT. */
void user_set_groups(struct user *u, const char *what, const char *list);

/* Adds the group WORD, a name in /etc/group or a number.  Dies with 125 on an
 * unknown name or a group that is not mapped in this user namespace. */
void user_add_group(struct user *u, const char *word);

/* Becomes the user (setgroups, setresgid, setresuid) and keeps
 * PR_SET_PDEATHSIG, and with KEEP_CAPS the permitted capabilities.  Dies with
 * 125, also if the parent has died. */
void user_become(const struct user *u, bool keep_caps);

#endif
