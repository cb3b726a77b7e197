#ifndef BASE_SCHED_H
#define BASE_SCHED_H

/* How the kernel schedules a process and its input and output, which children
 * inherit: sched(7), ioprio_set(2).  All die with 125. */

struct sched {
	const char *word; /* NULL: not given */
	int class, level;
};

/* POLICY[:PRIORITY]: other, batch, idle, or fifo:N and rr:N with 1 to 99. */
struct sched sched_parse(const char *what, const char *word);
void sched_set(const struct sched *s);

/* CLASS[:LEVEL]: idle, or realtime:N and best-effort:N with 0 (first) to 7. */
struct sched ionice_parse(const char *what, const char *word);
void ionice_set(const struct sched *s);

#endif
