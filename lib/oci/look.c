// SPDX-License-Identifier: MIT
/* look - the verbs that change nothing: state, list, ps */
#include "base/die.h"
#include "base/file.h"
#include "base/run.h"
#include "base/say.h"
#include "oci/container.h"
#include "oci/groups.h"
#include "oci/verbs.h"
#include "stage/opt.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct opt none[] = {{0}};
static const struct opt list_opts[] = {
    {'f', "format", "FORMAT", "table or json"},
    {'q', "quiet", NULL, "the ids alone"}, {0}};
static const struct opt ps_opts[] = {
    {'f', "format", "FORMAT", "table or json"}, {0}};
static const struct tool state_tool = {"box-oci state", "ID", none, SAY_SH};
static const struct tool list_tool = {"box-oci list", "", list_opts, SAY_SH};
static const struct tool ps_tool = {
    "box-oci ps", "ID [ps option ...]", ps_opts, SAY_SH};

/* Whether the format is json. */
static bool
is_json(const char *format)
{
	if (strcmp(format, "json") != 0 && strcmp(format, "table") != 0)
		diex("--format: '%s' is neither table nor json", format);
	return strcmp(format, "json") == 0;
}

static char *
state_of(const struct container *c)
{
	const enum oci_status s = container_status(c);

	return container_state(c, s, s == OCI_STOPPED ? 0 : c->pid, true);
}

int
oci_state(int argc, char *argv[])
{
	struct container c;

	opt_next(&state_tool, argc, argv);
	if (!argv[optind] || argv[optind + 1])
		opt_usage(&state_tool);
	container_need(&c, oci.root, argv[optind], false);
	printf("%s\n", state_of(&c));
	return 0;
}

static struct {
	bool json, quiet;
	unsigned n;
} listing;

static void
list_one(const char *id)
{
	struct container c;
	enum oci_status s;

	if (!container_open(&c, oci.root, id, false))
		return;
	s = container_status(&c);
	if (listing.quiet)
		printf("%s\n", id);
	else if (listing.json)
		printf("%s%s", listing.n++ ? "," : "", state_of(&c));
	else
		printf("%-24s %-8d %-10s %s\n", id,
		    s == OCI_STOPPED ? 0 : c.pid, oci_status_name(s),
		    c.bundle ? c.bundle : "");
	close(c.dir);
	close_keep(c.pidfd);
}

int
oci_list(int argc, char *argv[])
{
	int o;

	while ((o = opt_next(&list_tool, argc, argv)) != -1)
		if (o == 'q')
			listing.quiet = true;
		else
			listing.json = is_json(optarg);
	if (argv[optind])
		opt_usage(&list_tool);
	if (!listing.quiet)
		printf("%s", listing.json ? "["
					  : "ID                       PID      "
					    "STATUS     BUNDLE\n");
	container_each(oci.root, list_one);
	if (!listing.quiet && listing.json)
		printf("]\n");
	return 0;
}

/* The column of ps's head that is PID, counted from 0; -1 if there is none. */
static int
pid_column(const char *head)
{
	char *copy = text_fmt("%s", head), *rest = copy, *word;
	int n = 0, found = -1;

	while ((word = strsep(&rest, " \n")))
		if (*word) {
			if (strcmp(word, "PID") == 0)
				found = n;
			n++;
		}
	free(copy);
	return found;
}

static int
column(const char *line, int n)
{
	for (line += strspn(line, " "); n > 0; n--) {
		line += strcspn(line, " ");
		line += strspn(line, " ");
	}
	return atoi(line);
}

static bool
is_among(const pid_t *list, size_t n, int pid)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == pid)
			return true;
	return false;
}

/* The rows of ps for these processes. */
static void
ps_rows(char *options[], const pid_t *list, size_t n)
{
	char *words[64] = {(char *)"ps", (char *)"-ef"}, *text, *line;
	char why[256];
	int at;

	for (int i = 0; options[i] && i < 62; i++)
		words[i + 1] = options[i];
	if (run_read(words, &text, why, sizeof(why)) != 0)
		diex("ps: %s", why);
	line = strsep(&text, "\n");
	at = line ? pid_column(line) : -1;
	if (at < 0)
		diex("ps: no column PID");
	printf("%s\n", line);
	while ((line = strsep(&text, "\n")))
		if (*line && is_among(list, n, column(line, at)))
			printf("%s\n", line);
}

int
oci_ps(int argc, char *argv[])
{
	bool json = false;
	struct container c;
	pid_t *list;
	size_t n;

	while (opt_next(&ps_tool, argc, argv) == 'f')
		json = is_json(optarg);
	if (!argv[optind])
		opt_usage(&ps_tool);
	container_need(&c, oci.root, argv[optind], false);
	if (groups_pids(c.group, &list, &n) < 0)
		die_said();
	if (!json) {
		ps_rows(argv + optind + 1, list, n);
		return 0;
	}
	printf("[");
	for (size_t i = 0; i < n; i++)
		printf("%s%d", i ? "," : "", list[i]);
	printf("]\n");
	return 0;
}
