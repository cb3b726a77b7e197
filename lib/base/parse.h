#ifndef BASE_PARSE_H
#define BASE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* All die with 125, naming WHAT (an option or operand) and the value. */

/* A decimal number in min..max. */
uint64_t parse_num(const char *what, const char *s, uint64_t min, uint64_t max);

#define PARSE_MAX UINT64_MAX /* the number for "max" */

/* A number, or "max"; and a size in bytes, with k, m, g or t (powers of 1024)
 * and before these a fraction of up to 6 digits, or "max". */
uint64_t parse_num_max(const char *what, const char *s, uint64_t min);
uint64_t parse_size(const char *what, const char *s);

/* A share of CPU time, "50%" of one CPU, in 1/1000 of a percent; or "max". */
uint64_t parse_cpu(const char *what, const char *s);

/* A signal by name, as kill(1) has it, or number: "TERM", "SIGRTMIN+3", "15".
 */
int parse_signal(const char *what, const char *s);

/* An open descriptor of the caller's, above 0.  One above 2 is not for PROG,
 * and becomes close-on-exec. */
int parse_fd(const char *what, const char *s);

/* A word of letters, digits, "_", "-" and "." that begins with a letter or a
 * digit, of at most MAX bytes: fit for a file name and a host name. */
const char *parse_name(const char *what, const char *s, unsigned max);

/* PATH without empty parts, malloc'ed: it begins with "/" and has no part "."
 * or
 * "..".  "/" itself becomes "". */
char *parse_path(const char *what, const char *path);

/* The value of NAME in the environment, or DEF; an agreement between stages. */
const char *env_or(const char *name, const char *def);

#endif
