#ifndef STAGE_STAND_H
#define STAGE_STAND_H

#include <stdbool.h>

/* The box's side of ns-spawn --leave: the last stage says that the box stands,
 * so that ns-spawn ends, and with --park waits for a connection before PROG.
 *
 * The answer to the connection is text, up to the end of file.  The line "x"
 * says that the connection was heard.  If no more follows, PROG has been
 * executed.  Else the lines of an error follow, and the line "status N" with
 * 125, 126 or 127. */

/* Whether ns-spawn leaves, and has not been told so far. */
bool stand_asked(void);

/* Before the confinement and the exec of PROG, if stand_asked(); the caller has
 * made sure that PROG is there.  Shuts the door, and returns when ns-spawn
 * knows that the box stands; with --park after the connection, to which all
 * lines of die.h go from then on.  Dies with 125 if ns-spawn has died. */
void stand(void);

/* This process is about to print an error, and to exit with STATUS. */
void stand_fails(int status);

#endif
