#ifndef BASE_RUN_H
#define BASE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The default of $PATH, for a caller or a box. */
#define DEFAULT_PATH \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Run a program from outside of the suite to its end.  argv[0] is found by
 * $PATH, else in /usr/sbin or /sbin.  Return its status of the chain contract,
 * 126 and 127 included.  WHY becomes its stderr, or the reason for 126 and 127,
 * as one line.  After BOX_DEADLINE seconds (60) the program and its process
 * group are killed.  Call resident_begin() before: a caller may have SIGCHLD
 * ignored. */

/* Whether a program of that name is where these look. */
bool run_has(const char *name);

/* INPUT (NULL: nothing) is its stdin; its stdout goes nowhere. */
int run(char *const argv[], const char *input, char *why, size_t size);

/* The same in two steps, for programs that run at the same time. */
struct run {
	pid_t pid;
	int error, fds[3];
	const char *name;
};
void run_begin(struct run *r, char *const argv[], const char *input);
int run_end(struct run *r, char *why, size_t size);

/* *output becomes its stdout, malloc'ed; its stdin is empty. */
int run_read(char *const argv[], char **output, char *why, size_t size);

#endif
