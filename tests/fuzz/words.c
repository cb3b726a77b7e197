/* Words of options: the first letter chooses the reader. */
#include "base/addr.h"
#include "base/parse.h"
#include "fuzz.h"
#include "nat/ports.h"
#include "net/resolv.h"
#include "ns/idmap.h"
#include "payload/caps.h"

#include <stdlib.h>

static void
word(char *text, size_t size)
{
	static struct idmaps maps;
	struct resolv r = {0};
	struct nat n = {0};
	unsigned len;

	if (size < 1)
		return;
	switch (*text++) {
	case 'a':
		addr_parse_net("word", text, &len);
		break;
	case 'A':
		addr6_parse_net("word", text, &len);
		break;
	case 'c':
		parse_cpu("word", text);
		break;
	case 'C':
		caps_list("word", text);
		break;
	case 'd':
		resolv_add(&r, text);
		break;
	case 'i':
		idmaps_get(&maps, text, NULL, 1000);
		break;
	case 'n':
		parse_num("word", text, 1, UINT64_MAX);
		break;
	case 'p':
		ports_parse(&n, "word", text);
		free(n.ports);
		break;
	case 's':
		parse_size("word", text);
		break;
	case 'S':
		parse_signal("word", text);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_run(word, data, size);
	return 0;
}
