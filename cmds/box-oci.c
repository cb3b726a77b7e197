// SPDX-License-Identifier: MIT
/* box-oci - an OCI runtime command: a bundle's config.json as a chain */
#include "base/die.h"
#include "oci/json.h"
#include "oci/words.h"
#include "stage/opt.h"

static const struct opt opts[] = {{0}};
static const struct tool tool = {"box-oci", "VERB ...", opts, SAY_SH};

int
main(int argc, char *argv[])
{
	tool_start(&tool);
	opt_next(&tool, argc, argv);
	opt_usage(&tool);
}
