#ifndef KEEP_NAMES_H
#define KEEP_NAMES_H

/* A random name that people can read and remember, such as "quiet-otter", in a
 * static buffer.  It may be taken: the caller locks it, or asks for another.
 * Dies with 125 if the kernel gives no random number. */
const char *name_made_up(void);

#endif
