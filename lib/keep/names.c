// SPDX-License-Identifier: MIT
/* names - readable names for boxes */
#include "keep/names.h"
#include "base/die.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>

/* 64 of each: a random byte chooses a word without bias. */
static const char adjectives[][8] = {"able", "agile", "amber", "ample", "apt",
    "azure", "bold", "brave", "brief", "bright", "brisk", "calm", "clean",
    "clear", "clever", "cosy", "crisp", "deep", "deft", "eager", "early",
    "easy", "exact", "fair", "fine", "firm", "fresh", "gentle", "glad",
    "golden", "grand", "green", "happy", "hardy", "keen", "kind", "light",
    "lively", "loyal", "lucid", "mellow", "mild", "modest", "neat", "nimble",
    "noble", "patient", "plain", "prompt", "proud", "quick", "quiet", "rapid",
    "ready", "silver", "sleek", "smart", "solid", "steady", "sunny", "swift",
    "tidy", "vivid", "warm"};
static const char nouns[][8] = {"acorn", "alder", "anchor", "arbour", "aspen",
    "badger", "basin", "beacon", "birch", "bridge", "brook", "cedar", "cliff",
    "cloud", "comet", "coral", "crane", "creek", "delta", "dune", "eagle",
    "ember", "falcon", "fern", "finch", "fjord", "forest", "garden", "glade",
    "harbour", "hazel", "heron", "hill", "island", "kestrel", "lagoon", "lake",
    "lark", "maple", "marsh", "meadow", "meteor", "moor", "oak", "orchard",
    "otter", "owl", "pebble", "pine", "plover", "pond", "prairie", "reef",
    "ridge", "river", "robin", "sparrow", "spruce", "swan", "tern", "thistle",
    "valley", "willow", "wren"};

#define WORDS(table) (sizeof(table) / sizeof(*(table)))

const char *
name_made_up(void)
{
	static char name[2 * sizeof(*nouns)];
	uint8_t chance[2];

	if (getrandom(chance, sizeof(chance), 0) != sizeof(chance))
		die("getrandom");
	snprintf(name, sizeof(name), "%s-%s",
	    adjectives[chance[0] % WORDS(adjectives)],
	    nouns[chance[1] % WORDS(nouns)]);
	return name;
}
