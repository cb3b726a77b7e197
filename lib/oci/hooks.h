#ifndef OCI_HOOKS_H
#define OCI_HOOKS_H

#include "oci/container.h"

/* Runs the hooks of the KIND, such as "prestart", one after the other, in the
 * bundle's directory: on the host, or for createContainer in the container's
 * namespaces, or for startContainer as a process of the container.  The state S
 * of the container, whose process is PID, is on their stdin.  Dies with 125,
 * naming the hook, if one fails, does not end within its timeout, or cannot be
 * run; with WARN that is a warning, and the next one runs. */
void hooks_run(struct container *c, const char *kind, enum oci_status s,
    pid_t pid, bool warn);

/* Whether there are hooks for the creation, which the verb hooks runs. */
bool hooks_there(struct json config);

/* Dies with 125 unless all hooks of the config are well-formed. */
void hooks_check(struct json config);

#endif
