/* A linux.seccomp, beside libseccomp's filter: the bytes choose the words of a
 * profile, so that each input is one. */
#include "base/file.h"
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

int model_main(int argc, char *argv[]);
#define main model_main
#define printf(...) fprintf(stderr, __VA_ARGS__)
#include "../oci/model.c"
#undef main
#undef printf

static const char *const names[] = {"read", "write", "open", "socket", "bind",
    "accept4", "ioctl", "clone", "personality", "mmap2", "shmget", "semop",
    "prctl", "no_such_call", "old_mmap", "time", "send", "bpf"};
static const char *const ops[] = {
    "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"};

static const unsigned char *at, *end;

static unsigned
byte(unsigned n)
{
	return at < end ? *at++ % n : 0;
}

static uint64_t
number(void)
{
	static const uint64_t some[] = {0, 1, 2, 0x7e020000, 1ull << 31,
	    UINT32_MAX, 1ull << 32, (1ull << 32) + 7, 1ull << 63, UINT64_MAX};
	const unsigned n = byte(16);

	return n < 10 ? some[n] : byte(256) << byte(24);
}

static void
put_action(FILE *f, const char *member, const char *error)
{
	const unsigned n = byte(sizeof(actions) / sizeof(*actions));

	fprintf(f, "\"%s\": \"%s\"", member, actions[n].name);
	if (actions[n].errnos && byte(2))
		fprintf(f, ", \"%s\": %u", error, 1 + byte(200));
}

static void
put_group(FILE *f, unsigned first)
{
	const unsigned n = byte(5);

	fprintf(f, "{\"names\": [\"%s\"], ", names[first]);
	put_action(f, "action", "errnoRet");
	fputs(", \"args\": [", f);
	for (unsigned i = 0; i < n; i++)
		fprintf(f,
		    "%s{\"index\": %u, \"op\": \"SCMP_CMP_%s\", \"value\": "
		    "%ju, "
		    "\"valueTwo\": %ju}",
		    i ? ", " : "", byte(6), ops[byte(7)], (uintmax_t)number(),
		    (uintmax_t)number());
	fputs("]}", f);
}

/* A call is in one group: of several verdicts libseccomp takes any. */
static char *
profile(void)
{
	static const char *const archs[] = {"\"SCMP_ARCH_X86_64\"",
	    "\"SCMP_ARCH_X86\"", "\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\""};
	unsigned call = byte(3);
	char *text;
	FILE *f = text_open(&text);

	fprintf(f, "{\"architectures\": [%s], ", archs[byte(3)]);
	put_action(f, "defaultAction", "defaultErrnoRet");
	fputs(", \"syscalls\": [", f);
	for (bool more = false; call < sizeof(names) / sizeof(*names);
	     call += 1 + byte(3), more = true) {
		fputs(more ? ", " : "", f);
		put_group(f, call);
	}
	fputs("]}", f);
	text_close(f);
	return text;
}

static int fd = -1;

static void
filter(char *text, size_t size)
{
	static const uint32_t archs[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386};
	static struct bpf ours, model;
	struct json j;

	at = (const unsigned char *)text;
	end = at + size;
	text = profile();
	fd = open(fuzz_file(text, strlen(text)), O_RDONLY | O_CLOEXEC);
	j = json_fd(fd, "profile");
	n_values = 0;
	value(0);
	ours.n = model.n = 0;
	filter_compile(&ours, j);
	compile(j, &model);
	for (unsigned i = 0; i < 2 * MOST_CALL * 4; i++) {
		struct seccomp_data d = {
		    .nr = (int)(i / 8), .arch = archs[i % 2]};

		/* i386's calls for many: libseccomp 2.5 drops the only rule of
		 * a profile that has just one. */
		if (d.arch == AUDIT_ARCH_I386 && (d.nr == 102 || d.nr == 117))
			continue;
		for (unsigned a = 0; a < 6; a++)
			d.args[a] = random_value();
		if (differ(j, &ours, &model, &d) || allows_x32(&ours, d.nr)) {
			fprintf(stderr, "%s\n", text);
			abort();
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_free_all();
	fuzz_run(filter, data, size);
	if (fd >= 0)
		close(fd);
	fd = -1;
	return 0;
}
