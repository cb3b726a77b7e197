#ifndef KEEP_LOG_H
#define KEEP_LOG_H

/* The default place of the box's log, in a static buffer: /var/log/box/NAME for
 * root, but log/NAME in the state directory for others or with $BOX_STATE set.
 */
const char *log_place(const char *name);

/* Makes the directory and returns its absolute path: DIR, or with DIR NULL
 * the default place.  With -n only prints this.  Dies with 125. */
const char *log_make(const char *dir, const char *name);

/* Opens the log's file PATH below DIR with FLAGS, close-on-exec.  -1 with
 * errno, EINVAL if it is not a regular file. */
int log_open(int dir, const char *path, int flags);

/* A copy of argv with our own log-keep in front.  Dies with 125. */
char **log_before(const char *dir, char *argv[]);

#endif
