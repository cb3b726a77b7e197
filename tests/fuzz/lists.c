/* Lists of the kernel, and records of ours: mountinfo, /proc/PID/cgroup, the
 * record of the rules that boxes share. */
#include "base/mountinfo.h"
#include "cg/tree.h"
#include "fuzz.h"
#include "nat/record.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fd = -1;

static void
list(char *text, size_t size)
{
	char *list, *group, *rest = text + 1;
	struct mountinfo m;
	struct record r;

	if (size < 1)
		return;
	switch (*text) {
	case 'm':
		while (mountinfo_next(&rest, &m))
			if (strlen(m.point) + strlen(m.root) + strlen(m.type) >
			    size)
				abort();
		break;
	case 'c':
		while (cg_next(&rest, &list, &group))
			if (strlen(list) + strlen(group) > size)
				abort();
		break;
	case 'r':
		fd = open(fuzz_file(text + 1, size - 1), O_RDONLY | O_CLOEXEC);
		record_read(fd, &r);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_run(list, data, size);
	if (fd >= 0)
		close(fd);
	fd = -1;
	return 0;
}
