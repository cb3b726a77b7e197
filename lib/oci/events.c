// SPDX-License-Identifier: MIT
/*
 * events - the verb that shows the use of resources
 *
 * The members are those of runc, as far as the container's groups count them.
 */
#include "base/die.h"
#include "base/file.h"
#include "base/parse.h"
#include "cg/tree.h"
#include "oci/container.h"
#include "oci/verbs.h"
#include "stage/opt.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { O_STATS = OPT_LONG, O_INTERVAL };

static const struct opt opts[] = {
    {O_STATS, "stats", NULL, "one line, then end"},
    {O_INTERVAL, "interval", "SECONDS", "between two lines (5)"},
    {0},
};
static const struct tool tool = {"box-oci events", "ID", opts, SAY_SH};

/* A group in the hierarchy of one controller; dir is NULL if there is none. */
struct part {
	char *dir;
	bool v1;
};

static struct part
part(const struct container *c, unsigned controller)
{
	const struct cg_tree *t = cg_tree_find(controller);

	return (struct part){
	    t && *c->group ? cg_dir(t, c->group) : NULL, t && t->version == 1};
}

/* The text of FILE, malloc'ed; NULL if there is none.  Dies if the text cannot
 * be read. */
static char *
read_file(const struct part *p, const char *file)
{
	char *text = NULL;

	if (p->dir && cg_look(p->dir, file, &text) < 0)
		die_said();
	return text;
}

/* The number in FILE, on the line that begins with KEY if that is not NULL;
 * "max" is 2^64-1; 0 if there is none. */
static uint64_t
number(const struct part *p, const char *file, const char *key)
{
	char *text = read_file(p, file), *at = text;
	uint64_t n = 0;

	while (key && at) {
		const size_t len = strlen(key);

		if (strncmp(at, key, len) == 0 && at[len] == ' ') {
			at += len;
			break;
		}
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	if (at && strncmp(at, "max", 3) == 0)
		n = UINT64_MAX;
	else if (at)
		n = strtoull(at, NULL, 10);
	free(text);
	return n;
}

static void
add(struct json_object *to, const char *key, uint64_t n)
{
	json_object_object_add(to, key, json_object_new_uint64(n));
}

static struct json_object *
object(struct json_object *to, const char *key)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(to, key, o);
	return o;
}

static void
put_cpu_v1(struct json_object *usage, const struct part *p)
{
	const uint64_t tick = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
	struct json_object *list = json_object_new_array();
	char *text = read_file(p, "cpuacct.usage_percpu");
	char *rest = text, *word;

	while ((word = strsep(&rest, " \n")))
		if (*word)
			json_object_array_add(list,
			    json_object_new_uint64(strtoull(word, NULL, 10)));
	free(text);
	add(usage, "total", number(p, "cpuacct.usage", NULL));
	json_object_object_add(usage, "percpu", list);
	add(usage, "kernel", tick * number(p, "cpuacct.stat", "system"));
	add(usage, "user", tick * number(p, "cpuacct.stat", "user"));
}

static void
put_cpu(struct json_object *data, const struct container *c)
{
	const struct part count = part(c, CG_CPUACCT), p = part(c, CG_CPU);
	struct json_object *cpu = object(data, "cpu");
	struct json_object *usage = object(cpu, "usage");
	struct json_object *throttling = object(cpu, "throttling");

	if (count.v1) {
		put_cpu_v1(usage, &count);
	} else {
		add(usage, "total",
		    1000 * number(&count, "cpu.stat", "usage_usec"));
		add(usage, "kernel",
		    1000 * number(&count, "cpu.stat", "system_usec"));
		add(usage, "user",
		    1000 * number(&count, "cpu.stat", "user_usec"));
	}
	add(throttling, "periods", number(&p, "cpu.stat", "nr_periods"));
	add(throttling, "throttledPeriods",
	    number(&p, "cpu.stat", "nr_throttled"));
	add(throttling, "throttledTime",
	    p.v1 ? number(&p, "cpu.stat", "throttled_time")
		 : 1000 * number(&p, "cpu.stat", "throttled_usec"));
}

/* v1's four files of one counter begin with NAME, v2's with NAME2. */
static void
put_counter(struct json_object *to, const char *key, const struct part *p,
    const char *name, const char *name2)
{
	static const char *const files[][3] = {
	    {"limit", "limit_in_bytes", "max"},
	    {"usage", "usage_in_bytes", "current"},
	    {"max", "max_usage_in_bytes", "peak"},
	    {"failcnt", "failcnt", NULL},
	};
	struct json_object *o = object(to, key);

	for (int i = 0; i < 4; i++) {
		const char *file = files[i][p->v1 ? 1 : 2];
		char *path =
		    file ? text_fmt("%s.%s", p->v1 ? name : name2, file) : NULL;

		add(o, files[i][0], path ? number(p, path, NULL) : 0);
		free(path);
	}
}

static void
put_memory(struct json_object *data, const struct container *c)
{
	const struct part p = part(c, CG_MEMORY);
	struct json_object *memory = object(data, "memory");
	struct json_object *raw = json_object_new_object();
	char *text = read_file(&p, "memory.stat");
	char *rest = text, *line;

	add(memory, "cache",
	    number(&p, "memory.stat", p.v1 ? "cache" : "file"));
	put_counter(memory, "usage", &p, "memory", "memory");
	put_counter(memory, "swap", &p, "memory.memsw", "memory.swap");
	if (p.v1) {
		put_counter(memory, "kernel", &p, "memory.kmem", "");
		put_counter(memory, "kernelTCP", &p, "memory.kmem.tcp", "");
	}
	while ((line = strsep(&rest, "\n"))) {
		char *value = strchr(line, ' ');

		if (!value)
			continue;
		*value++ = '\0';
		add(raw, line, strtoull(value, NULL, 10));
	}
	json_object_object_add(memory, "raw", raw);
	free(text);
}

static void
put_pids(struct json_object *data, const struct container *c)
{
	const struct part p = part(c, CG_PIDS);
	struct json_object *pids = object(data, "pids");
	const uint64_t limit = number(&p, "pids.max", NULL);

	add(pids, "current", number(&p, "pids.current", NULL));
	/* 0 is no limit. */
	add(pids, "limit", limit == UINT64_MAX ? 0 : limit);
}

static void
add_io(struct json_object *list, unsigned major, unsigned minor, const char *op,
    uint64_t value)
{
	struct json_object *o = json_object_new_object();

	add(o, "major", major);
	add(o, "minor", minor);
	json_object_object_add(o, "op", json_object_new_string(op));
	add(o, "value", value);
	json_object_array_add(list, o);
}

/* v1: a line "8:0 Read 4096" for each. */
static struct json_object *
io_v1(const struct part *p, const char *file)
{
	struct json_object *list = json_object_new_array();
	char *text = read_file(p, file);
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		unsigned major, minor;
		char op[16];
		uint64_t n;

		if (sscanf(line, "%u:%u %15s %" SCNu64, &major, &minor, op,
			&n) == 4)
			add_io(list, major, minor, op, n);
	}
	free(text);
	return list;
}

/* v2: a line "8:0 rbytes=4096 wbytes=0 rios=1 ..." for each device. */
static struct json_object *
io_v2(const struct part *p, const char *read, const char *write)
{
	struct json_object *list = json_object_new_array();
	char *text = read_file(p, "io.stat");
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		const char *r = strstr(line, read), *w = strstr(line, write);
		unsigned major, minor;

		if (sscanf(line, "%u:%u", &major, &minor) != 2)
			continue;
		if (r)
			add_io(list, major, minor, "Read",
			    strtoull(r + strlen(read), NULL, 10));
		if (w)
			add_io(list, major, minor, "Write",
			    strtoull(w + strlen(write), NULL, 10));
	}
	free(text);
	return list;
}

static void
put_io(struct json_object *data, const struct container *c)
{
	const struct part p = part(c, CG_IO);
	struct json_object *io = object(data, "blkio");

	json_object_object_add(io, "ioServiceBytesRecursive",
	    p.v1 ? io_v1(&p, "blkio.throttle.io_service_bytes")
		 : io_v2(&p, "rbytes=", "wbytes="));
	json_object_object_add(io, "ioServicedRecursive",
	    p.v1 ? io_v1(&p, "blkio.throttle.io_serviced")
		 : io_v2(&p, "rios=", "wios="));
}

static void
print(const struct container *c, const char *type, struct json_object *data)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "type", json_object_new_string(type));
	json_object_object_add(line, "id", json_object_new_string(c->id));
	if (data)
		json_object_object_add(line, "data", data);
	printf("%s\n", json_print(line, JSON_C_TO_STRING_PLAIN));
	fflush(stdout);
	json_object_put(line);
}

static void
print_stats(const struct container *c)
{
	struct json_object *data = json_object_new_object();

	put_cpu(data, c);
	put_memory(data, c);
	put_pids(data, c);
	put_io(data, c);
	print(c, "stats", data);
}

/* How often a process was killed for want of memory. */
static uint64_t
oom_kills(const struct container *c)
{
	const struct part p = part(c, CG_MEMORY);

	return number(
	    &p, p.v1 ? "memory.oom_control" : "memory.events", "oom_kill");
}

int
oci_events(int argc, char *argv[])
{
	unsigned interval = 5;
	struct container c;
	bool stats = false;
	uint64_t kills;
	int o;

	while ((o = opt_next(&tool, argc, argv)) != -1)
		if (o == O_STATS)
			stats = true;
		else
			interval =
			    (unsigned)parse_num("--interval", optarg, 1, 86400);
	if (!argv[optind] || argv[optind + 1])
		opt_usage(&tool);
	container_need(&c, oci.root, argv[optind], false);
	if (container_status(&c) == OCI_STOPPED)
		diex("container not running");
	kills = oom_kills(&c);
	print_stats(&c);
	while (!stats) {
		struct pollfd p = {.fd = c.pidfd, .events = POLLIN};

		if (poll(&p, 1, (int)interval * 1000) != 0)
			break;
		if (oom_kills(&c) > kills)
			print(&c, "oom", NULL);
		kills = oom_kills(&c);
		print_stats(&c);
	}
	return 0;
}
