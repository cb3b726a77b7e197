#ifndef KEEP_ENDED_H
#define KEEP_ENDED_H

#include <stdbool.h>
#include <time.h>

/* The records of ended boxes: STATE/ended/NAME, lines of a word and its value
 * (box(7)).  There are at most 64, none older than a week.  The record of NAME
 * is written and removed by a process that has the box's lock. */

struct ended {
	int status;
	bool stopped;	    /* a signal to the keeper ended the box */
	const char *limits; /* those that were hit: "pids memory\n"; or NULL */
	unsigned restarts;
	time_t began;
	const char *log; /* its directory, or NULL */
	bool made_up;	 /* the name: its log is removed with the record */
};

/* For the keeper.  Writes the record, in place of an older one, and prunes the
 * others.  A failure is a warning. */
void ended_put(const char *name, const struct ended *e);

/* For the keeper of a new box of that name: removes the record, if any. */
void ended_drop(const char *name);

/* Whether there is a record. */
bool ended_there(const char *name);

/* For box-rm: removes the record, the log in its default place, and the layer.
 * -1 with errno: EWOULDBLOCK if a box of that name is running. */
int ended_remove(const char *name);

/* Removes the log in its default place, if there is one.  -1 with errno and
 * said(). */
int ended_remove_log(const char *name);

/* Removes the records that are too old or too many, with their logs. */
void ended_prune(void);

#endif
