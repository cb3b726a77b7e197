// SPDX-License-Identifier: MIT
/* about - the verbs that tell about the runtime: features, spec */
#include "base/die.h"
#include "oci/json.h"
#include "oci/verbs.h"
#include "stage/opt.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

static const struct opt none[] = {{0}};
static const struct opt spec_opts[] = {
    {'b', "bundle", "DIR", "the directory for config.json (.)"}, {0}};
static const struct tool features_tool = {"box-oci features", "", none, SAY_SH};
static const struct tool spec_tool = {"box-oci spec", "", spec_opts, SAY_SH};

static const char *const namespaces[] = {
    "cgroup", "ipc", "mount", "network", "pid", "user", "uts", NULL};
static const char *const hooks[] = {"prestart", "createRuntime",
    "createContainer", "startContainer", "poststart", "poststop", NULL};
static const char *const options[] = {"async", "atime", "bind", "defaults",
    "dev", "diratime", "exec", "noatime", "nodev", "nodiratime", "noexec",
    "nosuid", "private", "ratime", "rbind", "rdev", "rdiratime", "relatime",
    "rexec", "rnoatime", "rnodev", "rnodiratime", "rnoexec", "rnosuid",
    "rprivate", "rro", "rrw", "rslave", "rstrictatime", "rsuid", "runbindable",
    "rw", "ro", "strictatime", "suid", "tmpcopyup", "unbindable", NULL};
static const char *const actions[] = {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO",
    "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
    "SCMP_ACT_LOG", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP", NULL};
static const char *const archs[] = {
#if defined(__x86_64__)
    "SCMP_ARCH_X86", "SCMP_ARCH_X86_64",
#elif defined(__aarch64__)
    "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM",
#endif
    NULL};
static const char *const flags[] = {"SECCOMP_FILTER_FLAG_TSYNC",
    "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_LOG", NULL};
static const char *const operators[] = {"SCMP_CMP_NE", "SCMP_CMP_LT",
    "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT",
    "SCMP_CMP_MASKED_EQ", NULL};

static void
add(struct json_object *j, const char *key, struct json_object *value)
{
	json_object_object_add(j, key, value);
}

static struct json_object *
list(const char *const words[])
{
	struct json_object *j = json_object_new_array();

	for (; *words; words++)
		json_object_array_add(j, json_object_new_string(*words));
	return j;
}

static struct json_object *
capabilities(void)
{
	struct json_object *j = json_object_new_array();

	for (cap_value_t v = 0; CAP_IS_SUPPORTED(v); v++) {
		char *name = cap_to_name(v);

		for (char *s = name; *s; s++)
			if (*s >= 'a' && *s <= 'z')
				*s = (char)(*s - 'a' + 'A');
		json_object_array_add(j, json_object_new_string(name));
		cap_free(name);
	}
	return j;
}

static struct json_object *
object(const char *const yes[], const char *const no[])
{
	struct json_object *j = json_object_new_object();

	for (; *yes; yes++)
		add(j, *yes, json_object_new_boolean(true));
	for (; *no; no++)
		add(j, *no, json_object_new_boolean(false));
	return j;
}

static struct json_object *
for_linux(void)
{
	struct json_object *j = json_object_new_object();
	struct json_object *filter =
	    object((const char *const[]){"enabled", NULL},
		(const char *const[]){NULL});

	add(filter, "actions", list(actions));
	add(filter, "operators", list(operators));
	add(filter, "archs", list(archs));
	add(filter, "knownFlags", list(flags));
	add(filter, "supportedFlags", list(flags));
	add(j, "namespaces", list(namespaces));
	add(j, "capabilities", capabilities());
	add(j, "cgroup",
	    object((const char *const[]){"v1", "v2", "systemd", "rdma", NULL},
		(const char *const[]){"systemdUser", NULL}));
	add(j, "seccomp", filter);
	add(j, "apparmor",
	    object((const char *const[]){"enabled", NULL},
		(const char *const[]){NULL}));
	add(j, "selinux",
	    object((const char *const[]){NULL},
		(const char *const[]){"enabled", NULL}));
	add(j, "intelRdt",
	    object((const char *const[]){NULL},
		(const char *const[]){"enabled", NULL}));
	return j;
}

int
oci_features(int argc, char *argv[])
{
	struct json_object *j = json_object_new_object();

	opt_next(&features_tool, argc, argv);
	if (argv[optind])
		opt_usage(&features_tool);
	add(j, "ociVersionMin", json_object_new_string("1.0.0"));
	add(j, "ociVersionMax", json_object_new_string("1.2.0"));
	add(j, "hooks", list(hooks));
	add(j, "mountOptions", list(options));
	add(j, "linux", for_linux());
	printf("%s\n", json_print(j, JSON_C_TO_STRING_PRETTY));
	json_object_put(j);
	return 0;
}

static const char config[] =
    "{\n"
    "  \"ociVersion\": \"1.0.2\",\n"
    "  \"process\": {\n"
    "    \"terminal\": false,\n"
    "    \"user\": {\"uid\": 0, \"gid\": 0},\n"
    "    \"args\": [\"sh\"],\n"
    "    \"env\": [\n"
    "      \"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
    "/sbin:/bin\",\n"
    "      \"TERM=xterm\"\n"
    "    ],\n"
    "    \"cwd\": \"/\",\n"
    "    \"capabilities\": {\n"
    "      \"bounding\": [\"CAP_AUDIT_WRITE\", \"CAP_KILL\","
    " \"CAP_NET_BIND_SERVICE\"],\n"
    "      \"effective\": [\"CAP_AUDIT_WRITE\", \"CAP_KILL\","
    " \"CAP_NET_BIND_SERVICE\"],\n"
    "      \"permitted\": [\"CAP_AUDIT_WRITE\", \"CAP_KILL\","
    " \"CAP_NET_BIND_SERVICE\"]\n"
    "    },\n"
    "    \"rlimits\": [{\"type\": \"RLIMIT_NOFILE\", \"hard\": 1024,"
    " \"soft\": 1024}],\n"
    "    \"noNewPrivileges\": true\n"
    "  },\n"
    "  \"root\": {\"path\": \"rootfs\", \"readonly\": true},\n"
    "  \"hostname\": \"box\",\n"
    "  \"mounts\": [\n"
    "    {\"destination\": \"/proc\", \"type\": \"proc\", \"source\":"
    " \"proc\"},\n"
    "    {\"destination\": \"/dev\", \"type\": \"tmpfs\", \"source\":"
    " \"tmpfs\",\n"
    "     \"options\": [\"nosuid\", \"strictatime\", \"mode=755\","
    " \"size=65536k\"]},\n"
    "    {\"destination\": \"/dev/pts\", \"type\": \"devpts\", \"source\":"
    " \"devpts\",\n"
    "     \"options\": [\"nosuid\", \"noexec\", \"newinstance\","
    " \"ptmxmode=0666\", \"mode=0620\", \"gid=5\"]},\n"
    "    {\"destination\": \"/dev/shm\", \"type\": \"tmpfs\", \"source\":"
    " \"shm\",\n"
    "     \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"mode=1777\","
    " \"size=65536k\"]},\n"
    "    {\"destination\": \"/dev/mqueue\", \"type\": \"mqueue\","
    " \"source\": \"mqueue\",\n"
    "     \"options\": [\"nosuid\", \"noexec\", \"nodev\"]},\n"
    "    {\"destination\": \"/sys\", \"type\": \"sysfs\", \"source\":"
    " \"sysfs\",\n"
    "     \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"ro\"]},\n"
    "    {\"destination\": \"/sys/fs/cgroup\", \"type\": \"cgroup\","
    " \"source\": \"cgroup\",\n"
    "     \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"relatime\","
    " \"ro\"]}\n"
    "  ],\n"
    "  \"linux\": {\n"
    "    \"resources\": {\"devices\": [{\"allow\": false, \"access\":"
    " \"rwm\"}]},\n"
    "    \"namespaces\": [\n"
    "      {\"type\": \"pid\"}, {\"type\": \"network\"}, {\"type\":"
    " \"ipc\"}, {\"type\": \"uts\"},\n"
    "      {\"type\": \"mount\"}, {\"type\": \"cgroup\"}\n"
    "    ],\n"
    "    \"maskedPaths\": [\"/proc/acpi\", \"/proc/asound\","
    " \"/proc/kcore\", \"/proc/keys\",\n"
    "      \"/proc/latency_stats\", \"/proc/timer_list\","
    " \"/proc/timer_stats\", \"/proc/sched_debug\",\n"
    "      \"/sys/firmware\", \"/proc/scsi\"],\n"
    "    \"readonlyPaths\": [\"/proc/bus\", \"/proc/fs\", \"/proc/irq\","
    " \"/proc/sys\", \"/proc/sysrq-trigger\"]\n"
    "  }\n"
    "}\n";

int
oci_spec(int argc, char *argv[])
{
	const char *bundle = ".";
	int dir, fd;

	while (opt_next(&spec_tool, argc, argv) == 'b')
		bundle = optarg;
	if (argv[optind])
		opt_usage(&spec_tool);
	dir = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = dir < 0 ? -1
		     : openat(dir, "config.json",
			   O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, config, strlen(config)) < 0 || close(fd) < 0)
		die("%s/config.json", bundle);
	return 0;
}
