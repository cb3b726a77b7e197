#ifndef KEEP_NAMES_H
#define KEEP_NAMES_H

/* A random name that people can read and remember, such as "quiet-otter", in a
 * static buffer.  The name may be in use: the caller locks it, or asks again.
 * Dies with 125 if the kernel gives no random number. */
const char *name_made_up(void);

#endif
