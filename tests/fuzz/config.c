/* A config.json, as the words of a chain. */
#include "fuzz.h"

/* The list of namespaces begins anew with each input. */
#include "oci/compile.c"

#include <fcntl.h>

struct oci oci = {.root = "/run/box-oci"};

static int fd = -1;

static void
config(char *text, size_t size)
{
	const struct plan_options o = {.shown = true, .info = 3};
	struct container c = {.id = "box",
	    .path = text_fmt("/run/box-oci/box"),
	    .bundle = "/bundle",
	    .group = "",
	    .pidfd = -1};
	struct plan p = {0};

	for (size_t i = 0; i < KINDS; i++) {
		kinds[i].listed = false;
		kinds[i].path = NULL;
	}
	fd = open(fuzz_file(text, size), O_RDONLY | O_CLOEXEC);
	c.config = json_fd(fd, "config.json");
	compile(&p, &c, &o);
	/* A chain is a list of words, with PROG at its end. */
	for (size_t i = 0; i < p.words.n; i++)
		if (!p.words.word[i])
			abort();
	if (!p.prog || p.words.n_stages < 3)
		abort();
}

/* What the process keeps of the machine, such as the hierarchies of groups. */
static void
begin(char *text, size_t size)
{
	(void)size;
	groups_check(text, "/web");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;

	if (!begun)
		fuzz_run(begin, (const uint8_t *)"", 0);
	begun = true;
	fuzz_free_all();
	fuzz_run(config, data, size);
	if (fd >= 0)
		close(fd);
	fd = -1;
	return 0;
}
