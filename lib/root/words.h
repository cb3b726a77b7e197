#ifndef ROOT_WORDS_H
#define ROOT_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* The words of mount(8) for the attributes of a mount. */

struct mount_word {
	const char *name;
	uint64_t attr; /* MOUNT_ATTR_...; 0 for the default */
	bool loose;    /* more than a box is to have */
};

/* The WORD, or NULL: an option of the file system. */
const struct mount_word *mount_word(const char *word);

#endif
