#ifndef CG_DEVICES_H
#define CG_DEVICES_H

#include <stdbool.h>

/* Which devices the processes of a group may make and open: a default for all
 * devices, and exceptions, as the v1 controller has them. */

/* As of BPF_DEVCG_DEV_* and BPF_DEVCG_ACC_* in linux/bpf.h. */
#define DEVICE_BLOCK 1u
#define DEVICE_CHAR 2u
#define DEVICE_MAKE 1u
#define DEVICE_READ 2u
#define DEVICE_WRITE 4u
#define DEVICE_ANY (-1) /* each number */

#define CG_DEVICES_MAX 256 /* exceptions */

struct cg_device {
	unsigned type, access;
	int major, minor;
};

struct cg_devices {
	bool allows; /* all but the exceptions; else the exceptions alone */
	unsigned n;
	struct cg_device except[CG_DEVICES_MAX];
};

/* Adds a rule, which holds from then on: "a" for all devices, or "TYPE
 * MAJOR:MINOR [ACCESS]", such as "c 1:3 rw" or "b 8:* r".  WHAT names the
 * option.  Dies with 125, also if the rule would take a part out of an earlier
 * rule for more numbers: v1 cannot keep that. */
void cg_devices_rule(
    struct cg_devices *d, const char *what, bool allow, const char *word);

/* Writes the rules to the caller's own group, which must be the box's own.
 * Dies with 125. */
void cg_devices_set(const struct cg_devices *d);

#endif
