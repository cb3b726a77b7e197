#ifndef KEEP_NAMES_H
#define KEEP_NAMES_H

/* A name that people can read and remember, such as "quiet-otter", by chance;
 * in a static buffer.  It may be taken: lock it, else ask for another one.
 * Dies with 125 if the kernel gives no random number. */
const char *name_made_up(void);

#endif
