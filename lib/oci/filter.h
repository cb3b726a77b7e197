#ifndef OCI_FILTER_H
#define OCI_FILTER_H

#include "oci/json.h"
#include "payload/bpf.h"

/* Compiles linux.seccomp of config.json to a filter (seccomp(2)): the code is
 * the text of a file for --seccomp.  Dies with 125, naming the property, if a
 * part of the profile cannot be done; a call that no machine type here has is
 * left out. */
void filter_compile(struct bpf *b, struct json seccomp);

/* Its flags as a list for --seccomp-flags, malloc'ed; "" if there are none. */
char *filter_flags(struct json seccomp);

#endif
