// SPDX-License-Identifier: MIT
/* env - the environment of PROG, out of sight of other users */
#include "stage/env.h"
#include "base/die.h"
#include "base/file.h"
#include "stage/door.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (1 << 20) /* bytes */
#define BLANKS " \t\r\v\f"

/* The index of the variable of WORD, "NAME=..."; e->n if there is none. */
static unsigned
find(const struct env *e, const char *word)
{
	const size_t len = strcspn(word, "=") + 1;
	unsigned i = 0;

	while (i < e->n && strncmp(e->words[i], word, len) != 0)
		i++;
	return i;
}

static void
grow(struct env *e)
{
	e->room = e->room ? e->room * 2 : 64;
	e->words = realloc(e->words, e->room * sizeof(*e->words));
	if (!e->words)
		die("realloc");
}

void
env_set(struct env *e, char *word)
{
	const unsigned i = find(e, word);

	if (i == e->n) {
		if (e->n + 2 > e->room)
			grow(e);
		e->words[++e->n] = NULL;
	}
	e->words[i] = word;
}

void
env_option(struct env *e, char *word)
{
	const char *value;

	if (!*word || *word == '=')
		diex("--env: '%s' has no name", word);
	if (strchr(word, '='))
		env_set(e, word);
	else if ((value = getenv(word)))
		env_set(e, text_fmt("%s=%s", word, value));
}

const char *
env_get(const struct env *e, const char *name)
{
	const size_t len = strlen(name);

	for (unsigned i = 0; i < e->n; i++)
		if (strncmp(e->words[i], name, len) == 0 &&
		    e->words[i][len] == '=')
			return e->words[i] + len + 1;
	return NULL;
}

void
env_add(struct env *e, const struct env *from)
{
	for (unsigned i = 0; i < from->n; i++)
		env_set(e, from->words[i]);
}

/* All of the file, with a NUL at its end, malloc'ed. */
static char *
read_file(const char *path, size_t *len)
{
	const int fd =
	    door_fd() >= 0 ? door_file(path) : open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;
	char *text;

	/* The doorman does not wait for the writer of a fifo.  We do. */
	if (fd >= 0 && fcntl(fd, F_SETFL, 0) < 0)
		die("fcntl");
	text = fd < 0 ? NULL : calloc(1, FILE_MAX + 2);
	for (*len = 0; text; *len += (size_t)n)
		if ((n = read(fd, text + *len, FILE_MAX + 1 - *len)) <= 0)
			break;
	if (n < 0)
		die("--env-file %s", path);
	close(fd);
	if (*len > FILE_MAX)
		diex("--env-file %s is longer than 1 MiB", path);
	return text;
}

static void
take_line(struct env *e, char *line, const char *path, unsigned number)
{
	char *end = strchr(line, '\0');
	size_t name;

	if (end > line && end[-1] == '\r')
		end[-1] = '\0';
	line += strspn(line, BLANKS);
	if (!*line || *line == '#')
		return;
	name = strcspn(line, "=");
	if (name == 0)
		diex("--env-file %s:%u: no name", path, number);
	if (strcspn(line, BLANKS) < name)
		diex("--env-file %s:%u: a blank in the name", path, number);
	env_option(e, line);
}

void
env_file(struct env *e, const char *path)
{
	size_t len;
	char *text = read_file(path, &len), *rest = text, *line;

	if (memchr(text, '\0', len)) {
		for (; rest < text + len; rest = strchr(rest, '\0') + 1) {
			if (!*rest || *rest == '=')
				diex("--env-file %s: no name", path);
			env_option(e, rest);
		}
		return;
	}
	for (unsigned number = 1; (line = strsep(&rest, "\n")); number++)
		take_line(e, line, path, number);
}

static const char *
variable(unsigned number)
{
	static char name[32];

	snprintf(name, sizeof(name), "BOX_ENV%u", number);
	return name;
}

void
env_receive(struct env *e)
{
	const char *word;

	for (unsigned i = 1; (word = getenv(variable(i))); i++)
		env_option(e, text_fmt("%s", word));
}

void
env_hand_on(const struct env *e)
{
	for (unsigned i = 0; i < e->n; i++)
		if (setenv(variable(i + 1), e->words[i], 1) < 0)
			die("setenv");
	unsetenv(variable(e->n + 1));
}

char *
env_text(const struct env *e, size_t *len)
{
	char *text, *end;

	*len = 0;
	for (unsigned i = 0; i < e->n; i++)
		*len += strlen(e->words[i]) + 1;
	text = end = malloc(*len + 1);
	if (!text)
		die("malloc");
	for (unsigned i = 0; i < e->n; i++)
		end = stpcpy(end, e->words[i]) + 1;
	return text;
}
