#ifndef STAGE_TITLE_H
#define STAGE_TITLE_H

/* The line of ps(1) for a process that stays: "cg-limit: web" in place of the
 * whole chain, which every user could read. */

/* At the start of main(): moves the words of ARGV, which is main()'s own, to
 * other memory.  /proc/PID/cmdline is "TOOL: NAME" from then on, with the name
 * of the box ($BOX_NAME), or "TOOL".  Dies with 125 if there is no memory. */
void title_begin(char *argv[]);

/* From now on the name is NAME (NULL: none). */
void title_name(const char *name);

#endif
