// SPDX-License-Identifier: MIT
/*
 * memory - where memory ends, box-oci says so and ends
 *
 * json-c and the C library leave parts out then, or follow a null pointer.  So
 * the linker gives box-oci these functions in place of those of the C library,
 * for all parts of the program (Makefile).
 */
#include "base/die.h"

#include <stdbool.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);

/* P, the memory of SIZE bytes.  Dies if there is none, but once: what is undone
 * at the exit gets a null pointer. */
static void *
need(void *p, size_t size)
{
	static bool ended;

	if (p || !size || ended)
		return p;
	ended = true;
	diex("out of memory");
}

void *
__wrap_malloc(size_t size)
{
	return need(__real_malloc(size), size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return need(__real_calloc(n, size), n && size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return need(__real_realloc(old, size), size);
}
