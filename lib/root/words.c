// SPDX-License-Identifier: MIT
/* words - the words of mount(8) for the attributes of a mount */
#include "root/words.h"

#include <linux/mount.h>
#include <stddef.h>
#include <string.h>

static const struct mount_word words[] = {
    {"rw", 0, false},
    {"ro", MOUNT_ATTR_RDONLY, false},
    {"nosuid", MOUNT_ATTR_NOSUID, false},
    {"nodev", MOUNT_ATTR_NODEV, false},
    {"suid", 0, true},
    {"dev", 0, true},
    {"exec", 0, false},
    {"noexec", MOUNT_ATTR_NOEXEC, false},
    {"atime", 0, false},
    {"noatime", MOUNT_ATTR_NOATIME, false},
    {"relatime", 0, false},
    {"strictatime", MOUNT_ATTR_STRICTATIME, false},
    {"diratime", 0, false},
    {"nodiratime", MOUNT_ATTR_NODIRATIME, false},
    {"defaults", 0, false},
    {"async", 0, false},
};

const struct mount_word *
mount_word(const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(word, words[i].name) == 0)
			return &words[i];
	return NULL;
}
