#ifndef OCI_RESOURCES_H
#define OCI_RESOURCES_H

#include "oci/json.h"
#include "oci/words.h"

/* linux.resources of config.json, or of the verb update, as words of stages.
 * Die with 125, naming the property, on one that this host's control groups do
 * not have.  As with other runtimes, 0 is as absent where it is no limit. */

/* Adds the options of cg-limit or cg-set, and returns their number. */
unsigned resources_limits(struct words *w, struct json resources);

/* Adds a stage cg-device with the rules, and what each container has; nothing
 * if there are no rules, or if they allow all. */
void resources_devices(struct words *w, struct json devices);

/* Dies if the limit of memory is below what the group uses, and
 * memory.checkBeforeUpdate is true. */
void resources_check(struct json resources, const char *group);

#endif
