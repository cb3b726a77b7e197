// SPDX-License-Identifier: MIT
/* io - limits on the input and output of a block device */
#include "cg/io.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static const struct {
	const char *name, *v1;
	bool bytes;
} kinds[CG_IO_KINDS] = {
    [CG_RBPS] = {"rbps", "blkio.throttle.read_bps_device", true},
    [CG_WBPS] = {"wbps", "blkio.throttle.write_bps_device", true},
    [CG_RIOPS] = {"riops", "blkio.throttle.read_iops_device", false},
    [CG_WIOPS] = {"wiops", "blkio.throttle.write_iops_device", false},
};

__attribute__((noreturn)) static void
bad(const char *what, const char *s)
{
	diex("%s: '%s' is not DEVICE:LIMIT=RATE[,...], with rbps, wbps, riops "
	     "or wiops",
	    what, s);
}

/* MAJOR:MINOR, or the path of a device. */
static void
parse_device(const char *what, char *s, struct cg_io *io)
{
	char *colon = strchr(s, ':');
	struct stat st;

	if (colon && strspn(s, "0123456789:") == strlen(s)) {
		*colon = '\0';
		io->major = (unsigned)parse_num(what, s, 0, UINT32_MAX);
		io->minor = (unsigned)parse_num(what, colon + 1, 0, UINT32_MAX);
		return;
	}
	if (stat(s, &st) < 0)
		die("%s: %s", what, s);
	if (!S_ISBLK(st.st_mode))
		diex("%s: %s is not a block device", what, s);
	io->major = major(st.st_rdev);
	io->minor = minor(st.st_rdev);
}

static uint64_t
parse_rate(const char *option, int kind, const char *s)
{
	char what[64];
	uint64_t rate;

	snprintf(what, sizeof(what), "%s: %s", option, kinds[kind].name);
	rate =
	    kinds[kind].bytes ? parse_size(what, s) : parse_num_max(what, s, 1);
	if (rate == 0)
		diex("%s: 0 would stop all requests for good", what);
	return rate;
}

struct cg_io
cg_io_parse(const char *what, const char *s)
{
	char *device = text_fmt("%s", s), *list = strrchr(device, ':');
	char *word, *rate;
	struct cg_io io = {0};
	int i;

	if (!list)
		bad(what, s);
	*list++ = '\0';
	while ((word = strsep(&list, ","))) {
		if (!(rate = strchr(word, '=')))
			bad(what, s);
		*rate++ = '\0';
		for (i = 0; strcmp(word, kinds[i].name) != 0;)
			if (++i == CG_IO_KINDS)
				bad(what, s);
		io.rate[i] = parse_rate(what, i, rate);
	}
	parse_device(what, device, &io);
	free(device);
	return io;
}

/* v2 takes all rates in one line; v1 has a file for each, and 0 for "max". */
void
cg_io_set(struct cgroup *g, const struct cg_io *io)
{
	const bool v2 = cgroup_version(g, CG_IO) == 2;
	char line[256];
	int n = snprintf(line, sizeof(line), "%u:%u", io->major, io->minor);

	for (int i = 0; i < CG_IO_KINDS; i++) {
		const uint64_t rate = io->rate[i];

		if (rate && v2)
			n += snprintf(line + n, sizeof(line) - (size_t)n,
			    rate == PARSE_MAX ? " %s=max" : " %s=%" PRIu64,
			    kinds[i].name, rate);
		else if (rate)
			cgroup_set(g, CG_IO, kinds[i].v1, "%u:%u %" PRIu64,
			    io->major, io->minor, rate == PARSE_MAX ? 0 : rate);
	}
	if (v2)
		cgroup_set(g, CG_IO, "io.max", "%s", line);
}
