// SPDX-License-Identifier: MIT
/* update - the verb that changes the limits of a container */
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "oci/container.h"
#include "oci/errors.h"
#include "oci/launch.h"
#include "oci/resources.h"
#include "oci/verbs.h"
#include "stage/opt.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The options that are members of linux.resources: OPT_LONG + the index. */
static const struct {
	const char *option, *object, *member;
	enum { NUMBER, SIZE, TEXT } kind;
} members[] = {
    {"blkio-weight", "blockIO", "weight", NUMBER},
    {"cpu-period", "cpu", "period", NUMBER},
    {"cpu-quota", "cpu", "quota", NUMBER},
    {"cpu-burst", "cpu", "burst", NUMBER},
    {"cpu-rt-period", "cpu", "realtimePeriod", NUMBER},
    {"cpu-rt-runtime", "cpu", "realtimeRuntime", NUMBER},
    {"cpu-share", "cpu", "shares", NUMBER},
    {"cpu-idle", "cpu", "idle", NUMBER},
    {"cpuset-cpus", "cpu", "cpus", TEXT},
    {"cpuset-mems", "cpu", "mems", TEXT},
    {"memory", "memory", "limit", SIZE},
    {"memory-reservation", "memory", "reservation", SIZE},
    {"memory-swap", "memory", "swap", SIZE},
    {"pids-limit", "pids", "limit", NUMBER},
};
#define MEMBERS (sizeof(members) / sizeof(*members))

static const struct opt opts[] = {
    {'r', "resources", "FILE", "linux.resources as JSON; -: stdin"},
    {OPT_LONG, "blkio-weight", "N", "share of a busy disk, 10 to 1000"},
    {OPT_LONG + 1, "cpu-period", "USEC", "the period of the quota"},
    {OPT_LONG + 2, "cpu-quota", "USEC", "CPU time in a period; -1: no limit"},
    {OPT_LONG + 3, "cpu-burst", "USEC", "CPU time saved for later periods"},
    {OPT_LONG + 4, "cpu-rt-period", "USEC", "the same for real time"},
    {OPT_LONG + 5, "cpu-rt-runtime", "USEC", "the same for real time"},
    {OPT_LONG + 6, "cpu-share", "N", "share of busy CPUs, 2 to 262144"},
    {OPT_LONG + 7, "cpu-idle", "0|1", "run only on idle CPUs"},
    {OPT_LONG + 8, "cpuset-cpus", "LIST", "these CPUs only"},
    {OPT_LONG + 9, "cpuset-mems", "LIST", "these memory nodes only"},
    {OPT_LONG + 10, "memory", "SIZE", "limit of memory; -1: none"},
    {OPT_LONG + 11, "memory-reservation", "SIZE", "what reclaim leaves"},
    {OPT_LONG + 12, "memory-swap", "SIZE", "memory and swap; -1: no limit"},
    {OPT_LONG + 13, "pids-limit", "N", "processes and threads; -1: no limit"},
    {0},
};
static const struct tool tool = {"box-oci update", "ID", opts, SAY_SH};

/* "-1", or a number up to what config.json takes. */
static int64_t
number(const char *option, const char *word, bool size)
{
	uint64_t n;

	if (strcmp(word, "-1") == 0)
		return -1;
	n = size ? parse_size(option, word)
		 : parse_num(option, word, 0, INT64_MAX);
	return n > INT64_MAX ? -1 : (int64_t)n;
}

static void
take(struct json_object *resources, unsigned i, const char *word)
{
	char *option = text_fmt("--%s", members[i].option);
	struct json_object *of, *value;

	value = members[i].kind == TEXT ? json_object_new_string(word)
					: json_object_new_int64(number(option,
					      word, members[i].kind == SIZE));
	if (!json_object_object_get_ex(resources, members[i].object, &of)) {
		of = json_object_new_object();
		json_object_object_add(resources, members[i].object, of);
	}
	json_object_object_add(of, members[i].member, value);
	free(option);
}

static struct json
read_resources(const char *file)
{
	return strcmp(file, "-") == 0 ? json_fd(STDIN_FILENO, "stdin")
				      : json_file(AT_FDCWD, file);
}

int
oci_update(int argc, char *argv[])
{
	struct json j = {json_object_new_object(), ""};
	struct words w = {.n = 0};
	const char *file = NULL;
	struct container c;
	int o;

	while ((o = opt_next(&tool, argc, argv)) != -1)
		if (o == 'r')
			file = optarg;
		else
			take(j.value, (unsigned)(o - OPT_LONG), optarg);
	if (!argv[optind] || argv[optind + 1])
		opt_usage(&tool);
	if (file && json_object_object_length(j.value) > 0)
		diex("--resources has all limits: no option beside it");
	if (file)
		j = read_resources(file);
	container_need(&c, oci.root, argv[optind], true);
	if (container_status(&c) == OCI_STOPPED)
		diex("container not running");

	words_stage(&w, "cg-set");
	words_option(&w, "--group", c.group);
	if (resources_limits(&w, j) == 0)
		return 0;
	resources_check(j, c.group);
	if (say_modes() & SAY_DRY) {
		words_print(&w, stdout);
		say_check();
		errors_exit(0);
	}
	return launch(&w, -1) ? EXIT_FAILURE : 0;
}
