#ifndef CG_IO_H
#define CG_IO_H

#include "cg/group.h"

#include <stdint.h>

/* Limits on the input and output of a block device. */

enum { CG_RBPS, CG_WBPS, CG_RIOPS, CG_WIOPS, CG_IO_KINDS };

struct cg_io {
	unsigned major, minor;
	/* Bytes or requests per second; PARSE_MAX: no limit, 0: no change. */
	uint64_t rate[CG_IO_KINDS];
};

/* "DEV:rbps=SIZE,wbps=SIZE,riops=N,wiops=N", with one rate or more; DEV is a
 * path or MAJ:MIN.  Dies with 125, naming WHAT. */
struct cg_io cg_io_parse(const char *what, const char *s);

/* Sets the limits on the group. */
void cg_io_set(struct cgroup *g, const struct cg_io *io);

#endif
