// SPDX-License-Identifier: MIT
/*
 * knock - plays a stage that has been taken over, at the door of its box
 *
 *     knock FILE...   hands each over as a terminal's master: "FILE ok", or why
 *                     not; "ptmx" is a new one; "made" asks for the command
 *                     that is the caller's, as the last stage does
 */
#include "base/die.h"
#include "stage/door.h"
#include "stage/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

int
main(int argc, char *argv[])
{
	inherit_receive();
	if (door_fd() < 0)
		diex("there is no door");
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "made") == 0) {
			door_tell_made("");
			door_made();
			printf("made\n");
			fflush(stdout);
			continue;
		}
		const char *path =
		    strcmp(argv[i], "ptmx") == 0 ? "/dev/ptmx" : argv[i];
		const int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

		if (fd < 0)
			die("%s", path);
		printf("%s %s\n", argv[i],
		    door_tty(fd) == 0 ? "ok"
		    : errno == EINVAL ? "EINVAL"
		    : errno == EDQUOT ? "EDQUOT"
				      : strerror(errno));
		fflush(stdout);
	}
	return 0;
}
