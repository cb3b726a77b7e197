// SPDX-License-Identifier: MIT
/* mountinfo - the kernel's list of mounts, taken apart */
#include "base/mountinfo.h"

#include <string.h>

/* The kernel writes a blank, a tab, a newline and a backslash as \ooo. */
static void
unescape(char *s)
{
	char *to = s;

	for (; *s; *to++ = *s++)
		if (s[0] == '\\' && strspn(s + 1, "01234567") >= 3) {
			s += 3;
			*s = (char)((s[-2] - '0') << 6 | (s[-1] - '0') << 3 |
				    (s[0] - '0'));
		}
	*to = '\0';
}

/* 36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/sda rw */
bool
mountinfo_next(char **text, struct mountinfo *m)
{
	char *tail = strstr(*text, " - "), *head;

	if (!tail)
		return false;
	*tail = '\0';
	head = *text;
	tail += strlen(" - ");
	*text = strchrnul(tail, '\n');
	if (**text)
		*(*text)++ = '\0';
	m->id = strsep(&head, " ");
	for (int i = 0; i < 2; i++)
		strsep(&head, " ");
	m->root = strsep(&head, " ");
	m->point = strsep(&head, " ");
	m->options = strsep(&head, " ");
	m->type = strsep(&tail, " ");
	strsep(&tail, " ");
	m->super = tail;
	m->shared = head && strstr(head, "shared:");
	m->peers = m->shared || (head && strstr(head, "master:"));
	if (!m->options || !tail)
		return false;
	unescape(m->root);
	unescape(m->point);
	return true;
}
