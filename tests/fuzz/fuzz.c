/* fuzz - what the targets share: see fuzz.h. */
#include "fuzz.h"
#include "base/die.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
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

/* The path whose opening gives the input. */
static const char *instead;
static const char *instead_file;
static bool keep_open;

int __wrap_open(const char *path, int flags, ...);
int __real_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);
int __real_close(int fd);
int __wrap_close(int fd);

static int
open_at(int dir, const char *path, int flags, va_list ap)
{
	const mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;

	if (instead && strcmp(path, instead) == 0)
		path = instead_file;
	return __real_openat(dir, path, flags, mode);
}

int
__wrap_open(const char *path, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = open_at(AT_FDCWD, path, flags, ap);
	va_end(ap);
	return fd;
}

int
__wrap_openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = open_at(dir, path, flags, ap);
	va_end(ap);
	return fd;
}

int
__wrap_close(int fd)
{
	return keep_open ? 0 : __real_close(fd);
}

void
fuzz_instead(const char *path, const char *text, size_t size)
{
	instead_file = fuzz_file(text, size);
	instead = path;
}

void
fuzz_keep_open(bool keep)
{
	keep_open = keep;
}

/* The blocks that the reader has, if all are to be freed. */
#define BLOCKS 65536
static const void *blocks[BLOCKS];
static size_t n_blocks;
static bool free_all, counting;

int __sanitizer_install_malloc_and_free_hooks(
    void (*allocated)(const volatile void *, size_t),
    void (*freed)(const volatile void *));

static void
allocated(const volatile void *p, size_t size)
{
	(void)size;
	if (counting && n_blocks < BLOCKS)
		blocks[n_blocks++] = (const void *)p;
}

static void
freed(const volatile void *p)
{
	/* Often the last one. */
	for (size_t i = n_blocks; counting && i-- > 0;)
		if (blocks[i] == (const void *)p) {
			blocks[i] = blocks[--n_blocks];
			return;
		}
}

void
fuzz_free_all(void)
{
	if (!free_all)
		__sanitizer_install_malloc_and_free_hooks(allocated, freed);
	free_all = true;
}

/* A stream that a refusal leaves open is in a list of the C library's, and its
 * end would write where the caller's variable was. */
#define STREAMS 64
static struct {
	FILE *f;
	char *text, **to;
} streams[STREAMS];

FILE *__real_text_open(char **text);
FILE *__wrap_text_open(char **text);
void __real_text_close(FILE *f);
void __wrap_text_close(FILE *f);

FILE *
__wrap_text_open(char **text)
{
	unsigned i = 0;

	while (i < STREAMS && streams[i].f)
		i++;
	if (i == STREAMS)
		abort();
	streams[i].to = text;
	return streams[i].f = __real_text_open(&streams[i].text);
}

void
__wrap_text_close(FILE *f)
{
	__real_text_close(f);
	for (unsigned i = 0; i < STREAMS; i++)
		if (streams[i].f == f) {
			*streams[i].to = streams[i].text;
			streams[i].f = NULL;
		}
}

static void
close_streams(void)
{
	for (unsigned i = 0; i < STREAMS; i++)
		if (streams[i].f) {
			fclose(streams[i].f);
			free(streams[i].text);
			streams[i].f = NULL;
		}
}

static void
free_blocks(void)
{
	counting = false;
	while (n_blocks)
		free((void *)blocks[--n_blocks]);
}

void
fuzz_run(
    void (*read)(char *text, size_t size), const uint8_t *data, size_t size)
{
	static int null = -1;
	static char *keep;

	if (null < 0) {
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		die_output_to(null);
		/* Of -n. */
		if (!freopen("/dev/null", "w", stdout))
			abort();
	}
	/* A copy of the right size: the sanitizer sees a byte too far. */
	counting = free_all;
	running = malloc(size + 1);
	if (!running)
		abort();
	memcpy(running, data, size);
	running[size] = '\0';
	keep = running;
	if (setjmp(refused) == 0)
		read(running, size);
	running = NULL;
	close_streams();
	instead = NULL;
	keep_open = false;
	if (counting)
		free_blocks();
	else
		free(keep);
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
