// SPDX-License-Identifier: MIT
/*
 * etc - the box's own files in /etc
 *
 * A root directory may be read-only, and many boxes may share it.  So these
 * files are mounts: the box can write to them, and they end with the box.
 */
#include "root/etc.h"
#include "base/die.h"
#include "base/parse.h"
#include "base/say.h"
#include "root/inroot.h"
#include "root/mnt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
put(int etc, int scratch, const char *dir, const char *name, const char *text)
{
	const size_t len = strlen(text);
	int file, mnt;

	if (!say(SAY_SH, "mount --bind $BOX_SCRATCH/%s %s/etc/%s", name, dir,
		name))
		return;
	file = openat(
	    scratch, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (file < 0 || write(file, text, len) != (ssize_t)len)
		die("write /etc/%s", name);
	close(file);
	mnt = mnt_clone(scratch, name, MNT_TOP);
	if (mnt < 0 || mnt_attach(mnt, inroot_subfile(etc, name)) < 0)
		die("%s/etc/%s", dir, name);
	close(mnt);
}

void
etcdir_make(int root, int scratch, const char *dir, const struct resolv *dns,
    const struct volumes *volumes)
{
	char *resolv = resolv_text(dns), name[65], text[512];
	int etc = -1;

	if (!(say_modes() & SAY_DRY)) {
		etc = inroot_subdir(root, "etc");
		if (etc < 0)
			die("%s/etc", dir);
	}
	if (gethostname(name, sizeof(name)) < 0)
		die("gethostname");
	if (resolv && !volumes_have(volumes, "/etc/resolv.conf"))
		put(etc, scratch, dir, "resolv.conf", resolv);
	free(resolv);
	snprintf(text, sizeof(text),
	    "127.0.0.1\tlocalhost\n"
	    "::1\tlocalhost ip6-localhost ip6-loopback\n"
	    "%s\t%s\n",
	    env_or("BOX_ADDR", "127.0.1.1"), name);
	if (!volumes_have(volumes, "/etc/hosts"))
		put(etc, scratch, dir, "hosts", text);
	snprintf(text, sizeof(text), "%s\n", name);
	if (!volumes_have(volumes, "/etc/hostname"))
		put(etc, scratch, dir, "hostname", text);
	if (etc >= 0)
		close(etc);
}
