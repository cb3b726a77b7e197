#ifndef OCI_VERBS_H
#define OCI_VERBS_H

#include <stdbool.h>

/* The verbs of box-oci.  ARGV[0] is the verb; each returns the exit status, or
 * dies with 125, which errors.h makes 1. */

struct oci {
	const char *root;
	bool systemd;
};
extern struct oci oci; /* the options before the verb */

typedef int oci_verb(int argc, char *argv[]);

/* create.c */
oci_verb oci_create, oci_run, oci_start;
/* enter.c */
oci_verb oci_exec;
/* change.c */
oci_verb oci_kill, oci_delete, oci_pause, oci_resume;
/* update.c */
oci_verb oci_update;
/* events.c */
oci_verb oci_events;
/* hooks.c */
oci_verb oci_hooks;
/* look.c */
oci_verb oci_state, oci_list, oci_ps;
/* about.c */
oci_verb oci_features, oci_spec;

#endif
