#ifndef TERM_TTY_H
#define TERM_TTY_H

#include <stdbool.h>

/* Whether we have a controlling terminal, on whatever descriptor. */
bool tty_have(void);

/* The caller's terminal, given back as it was: its settings, and its
 * foreground process group if that was a group of the box and is gone. */

/* Remembers the terminal on descriptor 0, if we are in its foreground. */
void tty_save(void);

/* Puts it back; does nothing if somebody else has the terminal now. */
void tty_restore(void);

#endif
