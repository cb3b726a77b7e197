// SPDX-License-Identifier: MIT
/* labels - notes on a box */
#include "keep/labels.h"
#include "base/die.h"
#include "base/file.h"
#include "box/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABELS 64

static char *labels[LABELS];
static unsigned n;

void
labels_add(const char *word)
{
	const size_t key = strcspn(word, "=");
	unsigned i = 0;

	if (key == 0)
		diex("--label: '%s' has no key", word);
	if (strchr(word, '\n'))
		diex("--label: '%s' has a line break", word);
	while (i < n &&
	       (strncmp(labels[i], word, key) != 0 || labels[i][key] != '='))
		i++;
	if (i == LABELS)
		diex("--label: more than %d", LABELS);
	labels[i] = text_fmt("%s%s", word, word[key] ? "" : "=");
	if (i == n)
		n++;
}

void
labels_put(void)
{
	char *text;
	FILE *f;

	if (n == 0)
		return;
	f = text_open(&text);
	for (unsigned i = 0; i < n; i++)
		fprintf(f, "%s%s", i ? "\n" : "", labels[i]);
	text_close(f);
	state_put("labels", "%s", text);
	free(text);
}
