// SPDX-License-Identifier: MIT
/*
 * sealed - a stage's program, out of reach of the box that it starts
 *
 * A PROG that is "#!/proc/self/exe" makes the stage run again as foreign code.
 * A process of the box that holds /proc/PID/exe open can then write to the
 * stage's file once the stage has ended (CVE-2019-5736), if the box has the id
 * of the file's owner: with --map self, or an ordinary user's own build.  There
 * the stage runs from a sealed copy in memory (memfd_create(2)).
 */
#include "payload/sealed.h"
#include "base/die.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_EXEC /* Linux 6.3 */
#define MFD_EXEC 0x10U
#endif
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define SELF "/proc/self/exe"
#define NOBODY 65534 /* stat(2) shows it for an id that is not mapped */

/* Whether a user of the box is the file's owner, or may write to the file. */
static bool
can_be_written(int exe)
{
	struct stat st;

	if (fstat(exe, &st) < 0)
		die("stat " SELF);
	return st.st_uid != NOBODY ||
	       faccessat(AT_FDCWD, SELF, W_OK, AT_EACCESS) == 0 ||
	       (errno != EACCES && errno != EROFS);
}

static bool
is_sealed(int exe)
{
	const int seals = fcntl(exe, F_GET_SEALS);

	return seals >= 0 && (seals & F_SEAL_WRITE);
}

/* The end of what is loaded; a third of the file, or more, is for a debugger.
 */
static size_t
loaded(void)
{
	const ElfW(Phdr) *p = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	size_t end = 0;

	for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++)
		if (p[i].p_type == PT_LOAD &&
		    p[i].p_offset + p[i].p_filesz > end)
			end = p[i].p_offset + p[i].p_filesz;
	return end;
}

static int
copy_of(int exe)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int copy = memfd_create("stage", flags | MFD_EXEC);
	size_t rest = loaded();
	ssize_t n;

	if (copy < 0 && errno == EINVAL)
		copy = memfd_create("stage", flags);
	if (copy < 0 && errno == EACCES)
		die_hint("sysctl -w vm.memfd_noexec=1", "memfd_create");
	if (copy < 0)
		die("memfd_create");
	while ((n = sendfile(copy, exe, NULL, rest)) > 0)
		rest -= (size_t)n;
	if (n < 0 || fcntl(copy, F_ADD_SEALS, SEALS) < 0)
		die("copy " SELF);
	return copy;
}

void
sealed_again(char *const argv[])
{
	const int exe = open(SELF, O_RDONLY | O_CLOEXEC);

	if (exe < 0)
		die("open " SELF);
	execveat(can_be_written(exe) && !is_sealed(exe) ? copy_of(exe) : exe,
	    "", argv, environ, AT_EMPTY_PATH);
	die("execute " SELF);
}

void
sealed_start(char *const argv[])
{
	int exe;

	/* tool_start() will refuse. */
	if (getauxval(AT_SECURE))
		return;
	exe = open(SELF, O_RDONLY | O_CLOEXEC);
	if (exe < 0)
		die("open " SELF);
	if (!is_sealed(exe) && can_be_written(exe)) {
		execveat(copy_of(exe), "", argv, environ, AT_EMPTY_PATH);
		die("execute a copy of " SELF);
	}
	close(exe);
}
