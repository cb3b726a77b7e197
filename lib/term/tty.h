#ifndef TERM_TTY_H
#define TERM_TTY_H

#include <stdbool.h>

/* Whether we have a controlling terminal, on any descriptor or none. */
bool tty_have(void);

/* The caller's terminal, given back as it was: its settings, and its foreground
 * process group if the present one is a group of the box that has ended. */

/* Passes on RESULT of a call.  Warns if the call has been refused; other errors
 * say that there is no terminal, or no more.  WHAT is a verb. */
int tty_checked(const char *what, int result);

/* Remembers the terminal on descriptor 0, if we are in its foreground. */
void tty_save(void);

/* Restores the terminal, unless another process group has it now. */
void tty_restore(void);

#endif
