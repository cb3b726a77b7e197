#ifndef KEEP_LOG_H
#define KEEP_LOG_H

/* The directory of a box's log, and log-keep, which writes there. */

/* Makes the directory and returns its absolute path: DIR, or if that is NULL
 * /var/log/box/NAME for root, and log/NAME in the state directory for others
 * or where $BOX_STATE is set.  With -n says so.  Dies with 125. */
const char *log_make(const char *dir, const char *name);

/* A copy of argv with our own log-keep in front.  Dies with 125. */
char **log_before(const char *dir, char *argv[]);

#endif
