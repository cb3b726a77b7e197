#ifndef COPY_LEFT_H
#define COPY_LEFT_H

/* What is not copied: devices and sockets. */

/* PATH is left out. */
void left_out(const char *path);

/* Says in one line what was, if anything. */
void left_say(void);

#endif
