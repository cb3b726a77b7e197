#ifndef OCI_HOOKS_H
#define OCI_HOOKS_H

#include "oci/container.h"

/* Runs the hooks of the KIND, such as "prestart", one after the other, in the
 * bundle's directory; the state S of the container, whose process is PID, is on
 * their stdin.  Dies with 125, naming the hook, if one fails, does not end
 * within its timeout, or cannot be run; with WARN that is a warning, and the
 * next one runs. */
void hooks_run(const struct container *c, const char *kind, enum oci_status s,
    pid_t pid, bool warn);

/* Dies with 125 unless all hooks of the config are well-formed. */
void hooks_check(struct json config);

#endif
