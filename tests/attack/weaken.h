/* Compiled into a copy of the suite by tests/attack/weaken.bash: WEAK(N) is
 * true if it was started with WEAK=N in the environment; tests/attack/weaken
 * has the effect. */
#include <fcntl.h>
#include <stdlib.h>

#define WEAK(row) (weak_row == (row))

static int weak_row;

__attribute__((constructor)) static void
weak_start(void)
{
	const char *row = getenv("WEAK");

	if (row)
		weak_row = atoi(row);
}
