// SPDX-License-Identifier: MIT
/*
 * box-oci - an OCI runtime command: a bundle's config.json as a chain of stages
 *
 * An engine makes the bundle, and calls one verb after the other.  No process
 * of ours lives between two verbs: what is needed is in ROOT/ID.
 */
#include "base/die.h"
#include "base/file.h"
#include "oci/container.h"
#include "oci/errors.h"
#include "oci/verbs.h"
#include "stage/opt.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	O_ROOT = OPT_LONG,
	O_LOG,
	O_LOG_FORMAT,
	O_SYSTEMD,
	O_DEBUG,
	O_ROOTLESS,
	O_CRIU
};

static const struct opt opts[] = {
    {O_ROOT, "root", "DIR", "the state of containers (/run/box-oci)"},
    {O_LOG, "log", "FILE", "append errors to FILE, too"},
    {O_LOG_FORMAT, "log-format", "FORMAT", "text or json"},
    {O_SYSTEMD, "systemd-cgroup", NULL, "cgroupsPath is SLICE:PREFIX:NAME"},
    {O_DEBUG, "debug", NULL, "accepted"},
    {O_ROOTLESS, "rootless", "WORD", "accepted"},
    {O_CRIU, "criu", "PATH", "accepted"},
    {0},
};
static const struct tool tool = {
    "box-oci", "verb [option ...] [ID ...]", opts, SAY_SH};

struct oci oci;

static const struct {
	const char *name;
	oci_verb *run;
} verbs[] = {
    {"create", oci_create},
    {"start", oci_start},
    {"run", oci_run},
    {"state", oci_state},
    {"kill", oci_kill},
    {"delete", oci_delete},
    {"pause", oci_pause},
    {"resume", oci_resume},
    {"exec", oci_exec},
    {"list", oci_list},
    {"ps", oci_ps},
    {"hooks", oci_hooks},
    {"update", oci_update},
    {"events", oci_events},
    {"features", oci_features},
    {"spec", oci_spec},
};

static void
parse(int argc, char *argv[])
{
	const char *log = NULL, *format = "text";
	char here[PATH_MAX] = "";
	int c;

	oci.root = container_root();
	while ((c = opt_next(&tool, argc, argv)) != -1)
		switch (c) {
		case O_ROOT:
			oci.root = optarg;
			break;
		case O_LOG:
			log = *optarg ? optarg : NULL;
			break;
		case O_LOG_FORMAT:
			format = optarg;
			break;
		case O_SYSTEMD:
			oci.systemd = true;
			break;
		}
	if (!argv[optind])
		opt_usage(&tool);
	/* The stages may have another working directory. */
	if (*oci.root != '/') {
		if (!getcwd(here, sizeof(here)))
			die("--root %s: the working directory", oci.root);
		oci.root = text_fmt("%s/%s", here, oci.root);
	}
	errors_begin(log, format);
}

int
main(int argc, char *argv[])
{
	tool_start(&tool);
	umask(022);
	parse(argc, argv);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(argv[optind], verbs[i].name) == 0) {
			argc -= optind;
			argv += optind;
			optind = 1;
			errors_exit(verbs[i].run(argc, argv));
		}
	diex("%s: no such verb", argv[optind]);
}
