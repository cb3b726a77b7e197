// SPDX-License-Identifier: MIT
/* receive - box-cp's side on the host, alone: TO BASE, an archive on stdin */
#include "copy/place.h"

#include <stdlib.h>

int
main(int argc, char *argv[])
{
	struct place p = {.path = argv[1], .word = argv[1]};

	if (argc != 3)
		return 125;
	p.base = argv[2];
	place(stdin, &p);
	return 0;
}
