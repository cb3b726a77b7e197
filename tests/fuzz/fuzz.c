/* fuzz - what the targets share: see fuzz.h. */
#include "fuzz.h"
#include "base/die.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static jmp_buf refused;
static char *running;

void __real_exit(int status) __attribute__((noreturn));
void __wrap_exit(int status) __attribute__((noreturn));

void
__wrap_exit(int status)
{
	if (running)
		longjmp(refused, 1);
	__real_exit(status);
}

void
fuzz_run(
    void (*read)(char *text, size_t size), const uint8_t *data, size_t size)
{
	static int null = -1;

	if (null < 0) {
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		die_output_to(null);
	}
	/* A copy of the right size: the sanitizer sees a byte too far. */
	running = malloc(size + 1);
	if (!running)
		abort();
	memcpy(running, data, size);
	running[size] = '\0';
	if (setjmp(refused) == 0)
		read(running, size);
	free(running);
	running = NULL;
}

const char *
fuzz_file(const char *text, size_t size)
{
	static char path[40];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, size, 0) != (ssize_t)size)
		abort();
	return path;
}
