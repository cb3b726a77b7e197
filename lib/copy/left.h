#ifndef COPY_LEFT_H
#define COPY_LEFT_H

/* Devices and sockets, which are not copied. */

/* Counts PATH as left out. */
void left_out(const char *path);

/* Prints one line about the paths left out, if there are any. */
void left_say(void);

#endif
