#ifndef OCI_COMPILE_H
#define OCI_COMPILE_H

#include "oci/container.h"
#include "oci/filter.h"
#include "oci/words.h"

/* A config as a chain of stages. */

struct plan {
	struct words words;
	char *fstab;	    /* the table's text */
	struct bpf *filter; /* of system calls; NULL: none */
	char *group;	    /* of control groups */
	const char *prog;
};

struct plan_options {
	bool systemd;	     /* cgroupsPath is SLICE:PREFIX:NAME */
	const char *console; /* the socket that gets the terminal, or NULL */
	unsigned preserve;   /* descriptors from 3 on for the payload */
	bool shown;	     /* the variables as words */
	int info;	     /* the descriptor of --info-fd */
};

/* Compiles C's config; c->id, path, bundle and config are set.  Dies with 125,
 * naming the property, on one that is not done. */
void compile(
    struct plan *p, const struct container *c, const struct plan_options *o);

/* The chain of exec in the container C, for PROCESS. */
void compile_exec(struct plan *p, const struct container *c,
    struct json process, const struct plan_options *o);

#endif
