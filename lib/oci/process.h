#ifndef OCI_PROCESS_H
#define OCI_PROCESS_H

#include "oci/json.h"
#include "oci/words.h"

#include <stdbool.h>

/* A process of a config, or of exec --process.  All die with 125, naming the
 * property, on a value that is not done. */

/* What a process of the CONFIG's container inherits, as a proc-set(1) in front.
 */
void process_inherits(struct words *w, struct json process, struct json config);

/* The payload's options of rootfs-fstab and ns-enter: terminal, directory,
 * user, capabilities, and PRESERVED descriptors from 3 on.  The environment is
 * in BOX_ENV variables, which the chain hands on, or with SHOWN in words of -e.
 */
void process_words(
    struct words *w, struct json process, unsigned preserved, bool shown);

/* The payload's program; and that with its arguments as words. */
const char *process_program(struct json process);
void process_args(struct words *w, struct json process);

#endif
