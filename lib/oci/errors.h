#ifndef OCI_ERRORS_H
#define OCI_ERRORS_H

/* The lines of warn() and die(), of this process and of a chain that it runs,
 * are kept until the end.  Then they go to stderr, and as one entry to the log
 * file of an engine, which reads the reason of a failure there. */

/* LOG: the file, made if missing, or NULL.  FORMAT: "text" or "json".  Dies
 * with 125 on another one. */
void errors_begin(const char *log, const char *format);

/* Ends the process with STATUS.  A die() before ends it with 1, as engines
 * expect. */
__attribute__((noreturn)) void errors_exit(int status);

/* For a child that becomes a chain: its stages print into the same lines. */
void errors_child(void);

/* Ends the process with 1: the chain for the program PROG has ended with
 * STATUS, not 0.  Of 126 and 127, unless a stage is the reason, adds the line
 * that engines know. */
__attribute__((noreturn)) void errors_prog(int status, const char *prog);

/* RFC 3339, in UTC, for the time SECONDS and NANO. */
const char *errors_time(long long seconds, long nano);

#endif
