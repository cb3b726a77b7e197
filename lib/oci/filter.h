#ifndef OCI_FILTER_H
#define OCI_FILTER_H

#include "oci/json.h"
#include "payload/bpf.h"

/* linux.seccomp of config.json as a filter (seccomp(2)): bpf is the text of a
 * file for --seccomp, FLAGS a set of SECCOMP_FILTER_FLAG_*. */

struct filter {
	struct bpf bpf;
	unsigned flags;
};

/* Compiles linux.seccomp.  Dies with 125, naming the property, if a part of the
 * profile cannot be done; a call that no machine type here has is left out. */
void filter_compile(struct filter *f, struct json seccomp);

#endif
