// SPDX-License-Identifier: MIT
/*
 * resources - linux.resources of config.json, as words of stages
 *
 * A plain number goes to one file, by the table; v1 and v2 have other names for
 * most.  The limits of memory and processes are cg-limit's own options, which
 * know the order in which v1 takes them, and what has to wait for the end of
 * the chain.
 */
#include "oci/resources.h"
#include "base/die.h"
#include "base/file.h"
#include "cg/tree.h"
#include "ns/idmap.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind {
	NUMBER, /* 0: none */
	ZERO,	/* 0 is a value, too */
	LIMIT,	/* the same as NUMBER, and -1 is "max" */
	SHARES, /* v1's 2 to 262144 is v2's 1 to 10000 */
	TEXT,	/* "": none */
	TRUE,	/* true is 1 */
};

static const struct field {
	const char *name;
	unsigned controller;
	enum kind kind;
	const char *v1, *v2; /* NULL: has none */
} fields[] = {
    {"cpu.shares", CG_CPU, SHARES, "cpu.shares", "cpu.weight"},
    {"cpu.burst", CG_CPU, NUMBER, "cpu.cfs_burst_us", "cpu.max.burst"},
    {"cpu.idle", CG_CPU, NUMBER, "cpu.idle", "cpu.idle"},
    {"cpu.realtimePeriod", CG_CPU, NUMBER, "cpu.rt_period_us", NULL},
    {"cpu.realtimeRuntime", CG_CPU, LIMIT, "cpu.rt_runtime_us", NULL},
    {"cpu.cpus", CG_CPUSET, TEXT, "cpuset.cpus", "cpuset.cpus"},
    {"cpu.mems", CG_CPUSET, TEXT, "cpuset.mems", "cpuset.mems"},
    {"memory.reservation", CG_MEMORY, LIMIT, "memory.soft_limit_in_bytes",
	"memory.low"},
    {"memory.kernel", CG_MEMORY, LIMIT, NULL, NULL},
    {"memory.kernelTCP", CG_MEMORY, LIMIT, "memory.kmem.tcp.limit_in_bytes",
	NULL},
    {"memory.swappiness", CG_MEMORY, ZERO, "memory.swappiness", NULL},
    {"memory.disableOOMKiller", CG_MEMORY, TRUE, "memory.oom_control", NULL},
    {"blockIO.leafWeight", CG_IO, NUMBER, NULL, NULL},
    {"network.classID", CG_NET_CLS, NUMBER, "net_cls.classid", NULL},
};

static const struct {
	const char *name, *v1, *v2;
} rates[] = {
    {"blockIO.throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps"},
    {"blockIO.throttleWriteBpsDevice", "blkio.throttle.write_bps_device",
	"wbps"},
    {"blockIO.throttleReadIOPSDevice", "blkio.throttle.read_iops_device",
	"riops"},
    {"blockIO.throttleWriteIOPSDevice", "blkio.throttle.write_iops_device",
	"wiops"},
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static unsigned given; /* options */

__attribute__((format(printf, 3, 4))) static void
option(struct words *w, const char *name, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = text_vfmt(fmt, ap);
	va_end(ap);
	words_option(w, name, text);
	free(text);
	given++;
}

/* The version of the CONTROLLER's files, for the property J. */
static bool
is_v1(struct json j, unsigned controller)
{
	const struct cg_tree *t = cg_tree_find(controller);

	if (!t)
		json_die(j, "this host has no control groups for that");
	return t->version == 1;
}

/* The formula that all runtimes share. */
static uint64_t
weight_of(uint64_t shares)
{
	const uint64_t most = 262144;

	shares = shares < 2 ? 2 : shares > most ? most : shares;
	return 1 + (shares - 2) * 9999 / (most - 2);
}

static void
put_number(struct words *w, const struct field *f, struct json j,
    const char *file, bool v1)
{
	const int64_t n = json_int(j, f->kind == LIMIT ? -1 : 0, INT64_MAX, 0);

	if (n == 0 && f->kind != ZERO)
		return;
	if (n < 0 && !v1)
		option(w, "--set", "%s=max", file);
	else
		option(w, "--set", "%s=%jd", file,
		    f->kind == SHARES && !v1 ? (intmax_t)weight_of((uint64_t)n)
					     : (intmax_t)n);
}

static void
put_field(struct words *w, struct json resources, const struct field *f)
{
	const struct json j = json_get(resources, f->name);
	const char *file;
	bool v1;

	if (f->kind != ZERO && json_empty(j))
		return;
	if (!json_there(j))
		return;
	v1 = is_v1(j, f->controller);
	file = v1 ? f->v1 : f->v2;
	/* No limit is what there is without the limit. */
	if (!file && f->kind == LIMIT && json_int(j, -1, INT64_MAX, 0) < 0)
		return;
	if (!file && (f->v1 || f->v2))
		json_die(j, "%s has no such limit",
		    v1 ? "a v1 control group" : "a v2 control group");
	if (!file)
		json_die(j, "the kernel has no such limit any more");
	if (f->kind == TEXT)
		option(w, "--set", "%s=%s", file, json_text(j, ""));
	else if (f->kind == TRUE)
		option(w, "--set", "%s=%d", file, json_true(j, false));
	else
		put_number(w, f, j, file, v1);
}

/* A quota alone is for the period of 100 ms; -1 is none. */
static void
put_quota(struct words *w, struct json cpu)
{
	const struct json j = json_get(cpu, "quota");
	const int64_t quota = json_int(j, -1, INT64_MAX, 0);
	const uint64_t period = json_u64(json_get(cpu, "period"), INT64_MAX, 0);

	if (quota == 0 && period == 0)
		return;
	if (is_v1(j, CG_CPU)) {
		if (period)
			option(w, "--set", "cpu.cfs_period_us=%ju",
			    (uintmax_t)period);
		if (quota)
			option(w, "--set", "cpu.cfs_quota_us=%jd",
			    (intmax_t)quota);
	} else if (quota > 0) {
		option(w, "--set", "cpu.max=%jd %ju", (intmax_t)quota,
		    (uintmax_t)(period ? period : 100000));
	} else {
		option(w, "--set", "cpu.max=max %ju",
		    (uintmax_t)(period ? period : 100000));
	}
}

/* NAME's number: 0 is none, -1 is "max". */
static void
put_limit(struct words *w, const char *name, struct json j)
{
	const int64_t n = json_int(j, -1, INT64_MAX, 0);

	if (n < 0)
		option(w, name, "max");
	else if (n > 0)
		option(w, name, "%jd", (intmax_t)n);
}

/* The name of the file for a weight: kernels differ. */
static const char *
weight_file(bool v1)
{
	const struct cg_tree *t = cg_tree_find(CG_IO);
	char *path = text_fmt("%s/%s", t->own ? t->own : "",
	    v1 ? "blkio.bfq.weight" : "io.bfq.weight");
	const bool bfq = access(path, F_OK) == 0;

	free(path);
	if (v1)
		return bfq ? "blkio.bfq.weight" : "blkio.weight";
	return bfq ? "io.bfq.weight" : "io.weight";
}

/* v1's 10 to 1000 is 1 to 10000 of io.weight. */
static uint64_t
io_weight(uint64_t weight, const char *file)
{
	if (strcmp(file, "io.weight") != 0)
		return weight;
	return weight < 10 ? 1 : 1 + (weight - 10) * 9999 / 990;
}

static void
put_weights(struct words *w, struct json io)
{
	const struct json j = json_get(io, "weight");
	const struct json list = json_get(io, "weightDevice");
	const uint64_t weight = json_u64(j, 1000, 0);
	const bool any = weight || json_count(list);
	const bool v1 = any && is_v1(j, CG_IO);
	const char *file = any ? weight_file(v1) : "";

	if (weight)
		option(w, "--set", "%s=%ju", file,
		    (uintmax_t)io_weight(weight, file));
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json d = json_at(list, i);

		json_refuse(
		    d, "leafWeight", "the kernel has no such limit any more");
		option(w, "--set", "%s%s=%jd:%jd %ju", file,
		    v1 ? "_device" : "",
		    (intmax_t)json_need_int(d, "major", 0, INT32_MAX),
		    (intmax_t)json_need_int(d, "minor", 0, INT32_MAX),
		    (uintmax_t)io_weight(
			json_need_u64(d, "weight", 1000), file));
	}
}

static void
put_rates(struct words *w, struct json list, const char *file, const char *key)
{
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json d = json_at(list, i);
		const uint64_t rate = json_need_u64(d, "rate", UINT64_MAX);
		const bool v1 = is_v1(list, CG_IO);
		char *number =
		    rate || v1 ? text_fmt("%" PRIu64, rate) : text_fmt("max");

		option(w, "--set", "%s=%jd:%jd %s%s%s", v1 ? file : "io.max",
		    (intmax_t)json_need_int(d, "major", 0, INT32_MAX),
		    (intmax_t)json_need_int(d, "minor", 0, INT32_MAX),
		    v1 ? "" : key, v1 ? "" : "=", number);
		free(number);
	}
}

/* "2MB" and the like, which become a part of a file's name. */
static bool
is_page_size(const char *s)
{
	const size_t n = strspn(s, "0123456789");

	return n > 0 && n < 8 && s[n] && strchr("KMG", s[n]) &&
	       strcmp(s + n + 1, "B") == 0;
}

static void
put_huge(struct words *w, struct json list)
{
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json h = json_at(list, i);
		const char *size = json_need_text(h, "pageSize"), *file;
		uint64_t limit;

		if (!is_page_size(size))
			json_die(
			    json_get(h, "pageSize"), "'%s' is no size", size);
		file = is_v1(h, CG_HUGETLB) ? "limit_in_bytes" : "max";
		limit = json_need_u64(h, "limit", UINT64_MAX);
		/* What is reserved cannot fail at the first use. */
		option(w, "--set", "hugetlb.%s.rsvd.%s=%ju", size, file,
		    (uintmax_t)limit);
		option(w, "--set", "hugetlb.%s.%s=%ju", size, file,
		    (uintmax_t)limit);
	}
}

static void
put_priorities(struct words *w, struct json list)
{
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json p = json_at(list, i);

		if (!is_v1(p, CG_NET_PRIO))
			json_die(p, "a v2 control group has no such limit");
		option(w, "--set", "net_prio.ifpriomap=%s %ju",
		    json_need_text(p, "name"),
		    (uintmax_t)json_need_u64(p, "priority", UINT32_MAX));
	}
}

static void
put_rdma(struct words *w, struct json devices)
{
	static const char *const names[][2] = {
	    {"hcaHandles", "hca_handle"}, {"hcaObjects", "hca_object"}};

	for (struct json_members m = json_members(devices); json_next(&m);) {
		if (json_empty(m.json))
			json_die(m.json, "no limit");
		for (int i = 0; i < 2; i++) {
			const struct json n = json_get(m.json, names[i][0]);

			if (!json_there(n))
				continue;
			is_v1(n, CG_RDMA);
			option(w, "--set", "rdma.max=%s %s=%ju", m.key,
			    names[i][1], (uintmax_t)json_u64(n, UINT32_MAX, 0));
		}
	}
}

/* v2's files by their own names. */
static void
put_unified(struct words *w, struct json files)
{
	for (struct json_members m = json_members(files); json_next(&m);) {
		const unsigned c = cg_controller(m.key, strcspn(m.key, "."));

		if (!c || strchr(m.key, '=') || is_v1(m.json, c))
			json_die(m.json, "no file of a v2 control group here");
		option(w, "--set", "%s=%s", m.key, json_text(m.json, ""));
	}
}

unsigned
resources_limits(struct words *w, struct json resources)
{
	const struct json memory = json_get(resources, "memory");

	given = 0;
	put_limit(w, "--pids", json_get(resources, "pids.limit"));
	put_limit(w, "--memory", json_get(memory, "limit"));
	put_limit(w, "--memory-swap", json_get(memory, "swap"));
	if (!json_true(json_get(memory, "useHierarchy"), true))
		json_die(json_get(memory, "useHierarchy"),
		    "all groups of this kernel are hierarchical");
	put_quota(w, json_get(resources, "cpu"));
	for (size_t i = 0; i < COUNT(fields); i++)
		put_field(w, resources, &fields[i]);
	put_weights(w, json_get(resources, "blockIO"));
	for (size_t i = 0; i < COUNT(rates); i++)
		put_rates(w, json_get(resources, rates[i].name), rates[i].v1,
		    rates[i].v2);
	put_huge(w, json_get(resources, "hugepageLimits"));
	put_priorities(w, json_get(resources, "network.priorities"));
	put_rdma(w, json_get(resources, "rdma"));
	put_unified(w, json_get(resources, "unified"));
	return given;
}

/* "c 1:3 rwm", or "a" for all devices. */
static char *
device_rule(struct json d)
{
	const char *type = json_text(json_get(d, "type"), "a");
	const char *access = json_text(json_get(d, "access"), "rwm");
	const int64_t major = json_int(json_get(d, "major"), -1, INT32_MAX, -1);
	const int64_t minor = json_int(json_get(d, "minor"), -1, INT32_MAX, -1);
	char numbers[2][24] = {"*", "*"};

	if (!*access)
		access = "rwm";
	if (access[strspn(access, "rwm")])
		json_die(json_get(d, "access"), "'%s' has more than r, w and m",
		    access);
	if (strcmp(type, "a") == 0 || !*type) {
		if (major >= 0 || minor >= 0 || strlen(access) != 3)
			json_die(d, "type 'a' is for all devices and accesses");
		return text_fmt("a");
	}
	if (strcmp(type, "b") != 0 && strcmp(type, "c") != 0 &&
	    strcmp(type, "u") != 0)
		json_die(json_get(d, "type"), "'%s' is not a, b, c or u", type);
	if (major >= 0)
		snprintf(numbers[0], sizeof(*numbers), "%jd", (intmax_t)major);
	if (minor >= 0)
		snprintf(numbers[1], sizeof(*numbers), "%jd", (intmax_t)minor);
	return text_fmt("%c %s:%s %s", *type == 'b' ? 'b' : 'c', numbers[0],
	    numbers[1], access);
}

/* Whether the rules up to D allow less than all; BEFORE: those before D do. */
static bool
is_narrow(struct json d, bool before)
{
	const struct json allow = json_get(d, "allow");

	if (!json_there(allow))
		json_die(allow, "missing");
	if (!json_true(allow, false))
		return true;
	return before && strcmp(device_rule(d), "a") != 0;
}

/* The kernel takes rules from the host's root alone.  In a box the container
 * can make no node, and opens those that the box may open. */
void
resources_devices(struct words *w, struct json devices)
{
	const bool keeps = idmap_is_first();
	bool narrow = false;

	/* Without a word about all, a list is of those that are allowed. */
	for (size_t i = 0; i < json_count(devices); i++)
		narrow = is_narrow(json_at(devices, i), i == 0 || narrow);
	if (!narrow)
		return;
	if (keeps)
		words_stage(w, "cg-device");
	for (size_t i = 0; i < json_count(devices); i++) {
		const struct json d = json_at(devices, i);
		const bool allow = json_true(json_get(d, "allow"), false);
		const char *rule = device_rule(d);

		if (keeps)
			words_option(w, allow ? "--allow" : "--deny", rule);
	}
	if (keeps)
		words_add(w, "--default");
}

void
resources_check(struct json resources, const char *group)
{
	const struct json memory = json_get(resources, "memory");
	const struct json j = json_get(memory, "limit");
	const int64_t limit = json_int(j, -1, INT64_MAX, 0);
	char *dir, *text;

	if (!json_true(json_get(memory, "checkBeforeUpdate"), false) ||
	    limit <= 0)
		return;
	dir = cg_dir(cg_tree_of(CG_MEMORY), group);
	text = dir ? cg_read(dir, is_v1(j, CG_MEMORY) ? "memory.usage_in_bytes"
						      : "memory.current")
		   : NULL;
	if (text && strtoll(text, NULL, 10) > limit)
		json_die(j, "%jd is below the memory in use, %s",
		    (intmax_t)limit, strtok(text, "\n"));
	free(text);
	free(dir);
}
