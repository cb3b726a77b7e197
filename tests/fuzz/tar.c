/* An archive, as the far side of box-cp writes it. */
#include "copy/tar.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static FILE *in;

static void
archive(char *text, size_t size)
{
	static struct tar_entry e;
	static char buf[65536];
	uint64_t at = 0;

	in = fmemopen(text, size ? size : 1, "r");
	while (in && tar_get(in, &e)) {
		at = 0;
		if (strlen(e.path) >= sizeof(e.path) ||
		    strlen(e.link) >= sizeof(e.link) || e.n_parts > TAR_PARTS)
			abort();
		for (unsigned i = 0; i < e.n_parts; i++) {
			/* In ascending order, and inside the file. */
			if (e.parts[i].at < at || e.parts[i].at > e.size ||
			    e.parts[i].len > e.size - e.parts[i].at)
				abort();
			at = e.parts[i].at + e.parts[i].len;
			if (e.parts[i].len <= sizeof(buf))
				tar_read(in, buf, e.parts[i].len);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_run(archive, data, size);
	if (in)
		fclose(in);
	in = NULL;
	return 0;
}
