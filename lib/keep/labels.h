#ifndef KEEP_LABELS_H
#define KEEP_LABELS_H

/* Notes of the caller's on a box, "KEY=VALUE", for box-ps --json. */

/* Adds WORD, "KEY=VALUE" or "KEY", which is kept, in place of an earlier value
 * of KEY.  Dies with 125 on a word without a key, with a line break, or if
 * there are too many. */
void labels_add(const char *word);

/* Writes the fact "labels" of the chain's box, a line each. */
void labels_put(void);

#endif
