// SPDX-License-Identifier: MIT
/*
 * refused - why the kernel makes no namespace, and what mends that
 *
 * One errno has several causes (user_namespaces(7)); sysctls and the mode of
 * seccomp(2) tell them apart.
 */
#include "ns/refused.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"
#include "ns/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Whether the sysctl, a path below /proc/sys, exists and is VALUE. */
static bool
sysctl_is(const char *name, char value)
{
	char path[80], text[16] = "";

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	return read_at(AT_FDCWD, path, text, sizeof(text)) > 0 &&
	       text[0] == value && text[1] == '\n';
}

/* The hint for the first of KINDS of which none may be made, or NULL. */
static const char *
none_hint(int kinds)
{
	char name[64];

	for (int k = 0; k < NS_KINDS; k++) {
		snprintf(name, sizeof(name), "user/max_%s_namespaces",
		    ns_types[k].file);
		if ((kinds & ns_types[k].flag) && sysctl_is(name, '0'))
			return text_fmt(
			    "sysctl -w user.max_%s_namespaces=15000",
			    ns_types[k].file);
	}
	return NULL;
}

static const char enforced[] = " (enforce)"; /* after a profile's name */

/* The hint for a process that a profile of AppArmor confines, or NULL. */
static char *
confined_hint(void)
{
	char name[256] = "", *mode;

	if (read_at(AT_FDCWD, "/proc/self/attr/apparmor/current", name,
		sizeof(name)) <= 0 ||
	    !(mode = strstr(name, enforced)))
		return NULL;
	*mode = '\0';
	return text_fmt("AppArmor's profile %s forbids it: add the rules "
			"userns and capability to the profile, or docker run "
			"--security-opt apparmor=unconfined",
	    name);
}

char *
ns_profile_hint(void)
{
	char exe[PATH_MAX] = "", *profile;

	if (!sysctl_is("kernel/apparmor_restrict_unprivileged_userns", '1') ||
	    readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		return confined_hint();
	for (int i = 0; i < 2 && strrchr(exe, '/'); i++)
		*strrchr(exe, '/') = '\0';
	profile = text_fmt("%s/share/boxtools/apparmor", exe);
	if (access(profile, F_OK) == 0)
		return text_fmt("cp %s /etc/apparmor.d/boxtools && "
				"apparmor_parser -r /etc/apparmor.d/boxtools",
		    profile);
	return text_fmt(
	    "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
}

/* The text for ERR. */
static const char *
hint_text(int err, int kinds)
{
	const char *none, *profile;

	/* These sysctls are each user namespace's own. */
	if (err == ENOSPC && !(kinds & CLONE_NEWUSER) &&
	    (ns_new() & CLONE_NEWUSER))
		return NULL;
	if (err == ENOSPC && (none = none_hint(kinds)))
		return none;
	if (err == ENOSPC || err == EUSERS)
		return "a limit is reached, here or in a container around this "
		       "one: sysctl -ar '^user.max'; or 32 user namespaces are "
		       "nested";
	/* EACCES is a security module's. */
	if (err == ENOSYS ||
	    (err != EACCES && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2))
		return "a container around this one filters namespaces: start "
		       "it with box-run --seccomp namespaces, or docker run "
		       "--security-opt seccomp=unconfined";
	if (!(kinds & CLONE_NEWUSER) && geteuid() != 0)
		return "become root, or make a new user namespace, too";
	if (sysctl_is("kernel/unprivileged_userns_clone", '0'))
		return "sysctl -w kernel.unprivileged_userns_clone=1";
	if ((profile = ns_profile_hint()))
		return profile;
	if (err == EPERM && (kinds & CLONE_NEWUSER))
		return "outside of chroot(8): there the kernel makes no user "
		       "namespace";
	return NULL;
}

void
ns_tell_none(int kinds)
{
	const char *text = none_hint(kinds);

	if (text)
		hint("%s", text);
}

void
ns_refused(int kinds)
{
	const int err = errno;
	const char *text = hint_text(err, kinds);

	warn_line(err, "%s", said());
	if (text)
		hint("%s", text);
	exit(EXIT_TOOL);
}
