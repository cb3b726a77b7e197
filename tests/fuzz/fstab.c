/* The table of rootfs-fstab. */
#include "root/fstab.h"
#include "fuzz.h"

static void
table(char *text, size_t size)
{
	static struct fstab t;

	t = (struct fstab){0};
	fstab_read(&t, fuzz_file(text, size));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_free_all();
	fuzz_run(table, data, size);
	return 0;
}
