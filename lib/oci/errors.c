// SPDX-License-Identifier: MIT
/*
 * errors - the lines of a failure, for people and for engines
 *
 * podman takes a log file for one value of JSON, so there is one entry for all
 * lines.  The lines are in memory, not in a pipe, which nobody would read while
 * the chain runs.
 */
#include "oci/errors.h"
#include "base/die.h"
#include "base/file.h"
#include "oci/json.h"
#include "stage/inherit.h"
#include "stage/stages.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int lines = -1;	/* the file in memory */
static int output = -1; /* the log */
static bool as_json;
static int status = 1;

const char *
errors_time(long long seconds, long nano)
{
	static char text[64];
	const time_t t = (time_t)seconds;
	struct tm tm;
	size_t n;

	gmtime_r(&t, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%09ldZ", nano);
	return text;
}

static void
log_entry(const char *text)
{
	const char *level = status ? "error" : "warning";
	struct json_object *string = json_object_new_string(text);
	const char *msg = string ? json_print(string, 0) : "\"out of memory\"";
	const char *time;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	time = errors_time(now.tv_sec, now.tv_nsec);
	if (as_json)
		dprintf(output,
		    "{\"level\":\"%s\",\"msg\":%s,\"time\":\"%s\"}\n", level,
		    msg, time);
	else
		dprintf(
		    output, "time=\"%s\" level=%s msg=%s\n", time, level, msg);
}

/* There may be no memory: the lines are at most 64 KiB. */
static void
flush(void)
{
	static char text[1 << 16];
	char *msg, *end;

	fflush(die_output());
	if (pread(lines, text, sizeof(text) - 1, 0) < 0)
		_exit(status);
	/* The status of exit(3) is good as long as there was no die(). */
	if (!*text)
		return;
	fputs(text, stderr);
	fflush(stderr);
	if (output >= 0) {
		text[strlen(text) - 1] = '\0';
		/* "box-oci: text" is the reason, "box-oci: hint: text" help. */
		for (msg = text; (end = strchr(msg, '\n')); msg = end + 1)
			*end = ';';
		log_entry(text);
	}
	fflush(stdout);
	_exit(status);
}

void
errors_begin(const char *log, const char *format)
{
	int copy = -1;

	as_json = strcmp(format, "json") == 0;
	if (!as_json && strcmp(format, "text") != 0)
		diex("--log-format: '%s' is neither text nor json", format);
	if (log) {
		output = open(log,
		    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
		if (output < 0)
			die("--log %s", log);
	}
	lines = memfd_create("errors", MFD_CLOEXEC);
	if (lines < 0 || (copy = fcntl(lines, F_DUPFD_CLOEXEC, 3)) < 0) {
		warn("memfd_create");
		exit(status);
	}
	at_end(flush);
	die_output_to(copy);
}

void
errors_exit(int s)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		die("write standard output");
	status = s;
	exit(s);
}

void
errors_child(void)
{
	at_end_forget();
	fflush(die_output());
	inherit_add(INHERIT_LOG, lines);
}

/* Whether a line says that a stage could not be executed. */
static bool
names_stage(const char *prog)
{
	char name[32], *text, *rest, *line;
	bool found = false;

	fflush(die_output());
	if (lseek(lines, 0, SEEK_SET) < 0 || !(text = slurp_fd(lines)))
		return false;
	for (rest = text; !found && (line = strsep(&rest, "\n"));)
		found = sscanf(line, "%*[^:]: %31[^:]: ", name) == 1 &&
			strcmp(name, prog) != 0 && stage_named(name);
	free(text);
	return found;
}

void
errors_prog(int s, const char *prog)
{
	if ((s == EXIT_NOENT || s == EXIT_NOEXEC) && !names_stage(prog))
		warnx("exec: \"%s\": %s", prog,
		    s == EXIT_NOENT ? "executable file not found in $PATH"
				    : "permission denied");
	errors_exit(EXIT_FAILURE);
}
