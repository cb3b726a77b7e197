// SPDX-License-Identifier: MIT
/*
 * etc - the box's own files in /etc
 *
 * A root directory may be read-only, and many boxes may share it.  So these
 * files are mounts: the box can write to them, and they end with the box.
 */
#include "root/etc.h"
#include "base/addr.h"
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/say.h"
#include "box/hosts.h"
#include "root/inroot.h"
#include "root/mnt.h"
#include "stage/door.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
etc_add_host(struct etc *e, const char *word)
{
	const char *addr = strchr(word, ':');
	char *name = text_fmt(
		 "%.*s", addr ? (int)(addr - word) : (int)strlen(word), word),
	     *lines;
	const char *addr6 = NULL;
	struct in6_addr a6;
	uint32_t a;

	if (!hosts_name(name))
		diex("--add-host: '%s' is not the name of a host", name);
	if (addr && strcmp(++addr, "host-gateway") == 0) {
		addr = env_or("BOX_GATEWAY", NULL);
		addr6 = env_or("BOX_GATEWAY6", NULL);
		if (!addr && !(say_modes() & SAY_DRY))
			diex("--add-host %s: the box has no link to the host "
			     "(%s)",
			    word,
			    env_or("BOX_CUT", NULL)
				? "with net-user, name an address of the host's"
				: "net-veth makes one");
	} else if (!addr || (!addr_read(addr, &a) && !addr6_read(addr, &a6))) {
		diex("--add-host: '%s' is not NAME:ADDRESS or "
		     "NAME:host-gateway",
		    word);
	}
	lines = text_fmt("%s%s\t%s\n", e->hosts ? e->hosts : "", addr, name);
	if (addr6) {
		free(e->hosts);
		e->hosts = lines;
		lines = text_fmt("%s%s\t%s\n", e->hosts, addr6, name);
	}
	free(e->hosts);
	free(name);
	e->hosts = lines;
}

/* The lines of hosts that are the box's own. */
static char *
own_hosts(const struct etc *e, const char *hostname)
{
	char *own = hosts_own(hostname, env_or("BOX_NAME", ""),
		 env_or("BOX_ADDR", "127.0.1.1"), env_or("BOX_ADDR6", NULL)),
	     *text = text_fmt("%s%s", own, e->hosts ? e->hosts : "");

	free(own);
	if (strlen(text) > HOSTS_OWN)
		diex("--add-host: more than %d bytes of names", HOSTS_OWN);
	return text;
}

/* The mount of a file with TEXT, in SCRATCH. */
static int
file_of(int scratch, const char *name, const char *text)
{
	const int file = openat(
	    scratch, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	const ssize_t len = (ssize_t)strlen(text);

	if (file < 0 || write(file, text, (size_t)len) != len)
		die("write /etc/%s", name);
	close(file);
	return mnt_clone(scratch, name, MNT_TOP);
}

/* The mount of the file that the host keeps for this box, as other boxes come
 * and go; -1 if there is none. */
static int
shared_hosts(const char *text)
{
	int mnt = -1;

	if (door_fd() >= 0 && env_or("BOX_ADDR", NULL) &&
	    (mnt = door_hosts(text)) < 0 && errno != ENODATA)
		warn("%s", said());
	return mnt;
}

static void
put(int etc, int scratch, const char *dir, const char *name, const char *text)
{
	int mnt = -1;

	if (!say(SAY_SH, "mount --bind $BOX_SCRATCH/%s %s/etc/%s", name, dir,
		name))
		return;
	if (strcmp(name, "hosts") == 0)
		mnt = shared_hosts(text);
	if (mnt < 0)
		mnt = file_of(scratch, name, text);
	if (mnt < 0 || mnt_attach(mnt, inroot_subfile(etc, name)) < 0)
		die("%s/etc/%s", dir, name);
	close(mnt);
}

void
etcdir_make(int root, int scratch, const char *dir, const struct etc *e,
    const struct volumes *volumes)
{
	char *resolv = resolv_text(&e->dns), *hosts, name[65], line[66];
	int etc = -1;

	if (!(say_modes() & SAY_DRY)) {
		etc = inroot_subdir(root, "etc");
		if (etc < 0)
			die("%s/etc", dir);
	}
	if (gethostname(name, sizeof(name)) < 0)
		die("gethostname");
	snprintf(line, sizeof(line), "%s\n", name);
	hosts = own_hosts(e, name);
	if (resolv && !volumes_have(volumes, "/etc/resolv.conf"))
		put(etc, scratch, dir, "resolv.conf", resolv);
	if (!volumes_have(volumes, "/etc/hosts"))
		put(etc, scratch, dir, "hosts", hosts);
	else if (etc >= 0)
		/* Still the other boxes learn this one's name. */
		close_keep(shared_hosts(hosts));
	if (!volumes_have(volumes, "/etc/hostname"))
		put(etc, scratch, dir, "hostname", line);
	free(resolv);
	free(hosts);
	if (etc >= 0)
		close(etc);
}
