#ifndef STAGE_TITLE_H
#define STAGE_TITLE_H

/* What ps(1) shows of a process that stays: "cg-limit: web" in place of the
 * whole chain, whose words every user may read. */

/* At the start of main(): moves the words of ARGV, which is main()'s own, to
 * other memory.  What /proc/PID/cmdline has is then "TOOL: NAME", with the name
 * of the box ($BOX_NAME), or "TOOL".  Dies with 125 if there is no memory. */
void title_begin(char *argv[]);

/* From now on the name is NAME (NULL: none). */
void title_name(const char *name);

#endif
