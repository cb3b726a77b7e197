// SPDX-License-Identifier: MIT
/* words - the words of a chain, in the making */
#include "oci/words.h"
#include "base/die.h"
#include "base/file.h"
#include "base/say.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void
take(struct words *w, char *word)
{
	if (w->n + 1 >= w->room) {
		w->room = w->room ? w->room * 2 : 64;
		w->word = reallocarray(w->word, w->room, sizeof(*w->word));
		if (!w->word)
			die("memory");
	}
	w->word[w->n++] = word;
	w->word[w->n] = NULL;
}

void
words_stage(struct words *w, const char *program)
{
	if (w->n_stages == sizeof(w->stage) / sizeof(*w->stage))
		diex("too many stages");
	w->stage[w->n_stages++] = w->n;
	words_add(w, program);
}

void
words_add(struct words *w, const char *word)
{
	take(w, text_fmt("%s", word));
}

void
words_option(struct words *w, const char *option, const char *value)
{
	words_add(w, option);
	words_add(w, value);
}

void
words_value(struct words *w, const char *option, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = text_vfmt(fmt, ap);
	va_end(ap);
	words_add(w, option);
	take(w, text);
}

void
words_print(const struct words *w, FILE *out)
{
	size_t stage = 1;

	for (size_t i = 0; i < w->n; i++) {
		if (stage < w->n_stages && w->stage[stage] == i) {
			fputs(" \\\n", out);
			stage++;
		} else if (i) {
			fputc(' ', out);
		}
		fputs(say_word(w->word[i]), out);
	}
	fputc('\n', out);
}
