// SPDX-License-Identifier: MIT
/*
 * json - json-c's values, each with its name
 *
 * The names are kept, and the document is never freed: the process reads one or
 * two documents, and ends.
 */
#include "oci/json.h"
#include "base/die.h"
#include "base/file.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_BYTES (16 << 20)
#define MOST_LEVELS 64

void
json_die(struct json j, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = text_vfmt(fmt, ap);
	va_end(ap);
	diex("%s: %s", j.name, text);
}

/* Reads the whole of FD, at most MOST_BYTES. */
static char *
read_text(int fd, const char *name, size_t *len)
{
	size_t room = 1 << 16;
	char *text = NULL, *more;
	ssize_t n;

	*len = 0;
	do {
		if (!text || *len == room) {
			room = text ? room * 2 : room;
			more = realloc(text, room);
			if (!more)
				die("%s", name);
			text = more;
		}
		n = read(fd, text + *len, room - *len);
		if (n < 0 && errno != EINTR)
			die("read %s", name);
		*len += n > 0 ? (size_t)n : 0;
		if (*len > MOST_BYTES)
			diex("%s: longer than %d MiB", name, MOST_BYTES >> 20);
	} while (n);
	return text;
}

/* Whether N digits are more than 64 bits have. */
static bool
is_long(const char *digits, size_t n, bool minus)
{
	const char *most =
	    minus ? "9223372036854775808" : "18446744073709551615";
	const size_t room = strlen(most);

	return n > room || (n == room && memcmp(digits, most, n) > 0);
}

/* json-c cuts a number that has no place in 64 bits.  As a fraction the value
 * is refused, by name, where a whole number is wanted. */
static void
mark_long_numbers(char *text, size_t len)
{
	bool quoted = false;

	for (size_t i = 0, n; i < len; i += n) {
		const bool minus = text[i] == '-';
		size_t digits = 0;

		n = text[i] == '\\' ? 2 : 1;
		quoted ^= text[i] == '"';
		if (quoted || !strchr("-0123456789", text[i]))
			continue;
		while (i + n < len && strchr("+-.eE0123456789", text[i + n]))
			n++;
		while (digits < n - minus && text[i + minus + digits] >= '0' &&
		       text[i + minus + digits] <= '9')
			digits++;
		if (minus + digits == n &&
		    is_long(text + i + minus, digits, minus)) {
			text[i + n - 2] = 'e';
			text[i + n - 1] = '2';
		}
	}
}

struct json
json_fd(int fd, const char *name)
{
	struct json_tokener *reader = json_tokener_new_ex(MOST_LEVELS);
	struct json j = {NULL, ""};
	size_t len;
	char *text = read_text(fd, name, &len);

	if (!reader)
		die("%s", name);
	mark_long_numbers(text, len);
	json_tokener_set_flags(
	    reader, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	j.value = json_tokener_parse_ex(reader, text, (int)len);
	if (json_tokener_get_error(reader) == json_tokener_continue)
		diex("%s: byte %zu: the text ends early", name, len);
	if (json_tokener_get_error(reader) != json_tokener_success)
		diex("%s: byte %zu: %s", name,
		    json_tokener_get_parse_end(reader),
		    json_tokener_error_desc(json_tokener_get_error(reader)));
	for (size_t i = json_tokener_get_parse_end(reader); i < len; i++)
		if (!strchr(" \t\r\n", text[i]) || !text[i])
			diex("%s: byte %zu: more than one value", name, i);
	if (!json_object_is_type(j.value, json_type_object))
		diex("%s: not an object", name);
	json_tokener_free(reader);
	free(text);
	return j;
}

struct json
json_file(int dir, const char *file)
{
	/* O_NONBLOCK: a fifo has no writer and would not open. */
	const int fd =
	    openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	struct json j;

	if (fd < 0 || fstat(fd, &st) < 0)
		die("%s", file);
	if (!S_ISREG(st.st_mode))
		diex("%s: not a file", file);
	j = json_fd(fd, file);
	close(fd);
	return j;
}

bool
json_there(struct json j)
{
	return j.value;
}

/* Dies unless J is there and of the type. */
static void
check(struct json j, enum json_type type, const char *what)
{
	if (!j.value)
		json_die(j, "missing");
	if (!json_object_is_type(j.value, type))
		json_die(j, "not %s", what);
}

static struct json
member(struct json j, const char *key, size_t len)
{
	char *name =
	    text_fmt("%s%s%.*s", j.name, *j.name ? "." : "", (int)len, key);
	struct json m = {NULL, name};

	if (!j.value)
		return m;
	check(j, json_type_object, "an object");
	json_object_object_get_ex(j.value, name + strlen(name) - len, &m.value);
	return m;
}

struct json
json_get(struct json j, const char *path)
{
	size_t len;

	for (;; path += len + 1) {
		len = strcspn(path, ".");
		j = member(j, path, len);
		if (!path[len])
			return j;
	}
}

const char *
json_text(struct json j, const char *def)
{
	const char *text;

	if (!j.value)
		return def;
	check(j, json_type_string, "a string");
	text = json_object_get_string(j.value);
	if (strlen(text) != (size_t)json_object_get_string_len(j.value))
		json_die(j, "has a NUL byte");
	return text;
}

const char *
json_need_text(struct json j, const char *path)
{
	const struct json m = json_get(j, path);

	check(m, json_type_string, "a string");
	return json_text(m, NULL);
}

bool
json_true(struct json j, bool def)
{
	if (!j.value)
		return def;
	check(j, json_type_boolean, "true or false");
	return json_object_get_boolean(j.value);
}

static const char *
number(struct json j)
{
	check(j, json_type_int, "a whole number of 64 bits");
	return json_object_get_string(j.value);
}

int64_t
json_int(struct json j, int64_t min, int64_t max, int64_t def)
{
	int64_t n;

	if (!j.value)
		return def;
	number(j);
	n = json_object_get_int64(j.value);
	/* json-c gives its own end for a number above that. */
	if (n < min || n > max || json_object_get_uint64(j.value) > INT64_MAX)
		json_die(j, "%s is not in %jd to %jd", number(j), (intmax_t)min,
		    (intmax_t)max);
	return n;
}

uint64_t
json_u64(struct json j, uint64_t max, uint64_t def)
{
	uint64_t n;

	if (!j.value)
		return def;
	n = json_object_get_uint64(j.value);
	if (*number(j) == '-' || n > max)
		json_die(j, "%s is not in 0 to %ju", number(j), (uintmax_t)max);
	return n;
}

int64_t
json_need_int(struct json j, const char *path, int64_t min, int64_t max)
{
	const struct json m = json_get(j, path);

	number(m);
	return json_int(m, min, max, 0);
}

uint64_t
json_need_u64(struct json j, const char *path, uint64_t max)
{
	const struct json m = json_get(j, path);

	number(m);
	return json_u64(m, max, 0);
}

size_t
json_count(struct json array)
{
	if (!array.value)
		return 0;
	check(array, json_type_array, "an array");
	return json_object_array_length(array.value);
}

struct json
json_at(struct json array, size_t i)
{
	const struct json j = {json_object_array_get_idx(array.value, i),
	    text_fmt("%s[%zu]", array.name, i)};

	if (!j.value)
		json_die(j, "null");
	return j;
}

struct json_members
json_members(struct json object)
{
	if (object.value)
		check(object, json_type_object, "an object");
	return (struct json_members){.of = object};
}

bool
json_next(struct json_members *m)
{
	struct lh_entry *entry = m->entry;

	if (!m->of.value)
		return false;
	entry = m->begun ? lh_entry_next(entry)
			 : lh_table_head(json_object_get_object(m->of.value));
	m->begun = true;
	m->entry = entry;
	if (!entry)
		return false;
	m->key = lh_entry_k(entry);
	m->json.value = (struct json_object *)lh_entry_v(entry);
	m->json.name =
	    text_fmt("%s%s%s", m->of.name, *m->of.name ? "." : "", m->key);
	return true;
}

bool
json_empty(struct json j)
{
	switch (json_object_get_type(j.value)) {
	case json_type_null:
		return true;
	case json_type_object:
		return json_object_object_length(j.value) == 0;
	case json_type_array:
		return json_object_array_length(j.value) == 0;
	case json_type_string:
		return json_object_get_string_len(j.value) == 0;
	default:
		return !json_object_get_boolean(j.value);
	}
}

void
json_refuse(struct json j, const char *path, const char *why)
{
	const struct json m = json_get(j, path);

	if (!json_empty(m))
		json_die(m, "%s", why);
}

const char *
json_print(struct json_object *j, int flags)
{
	return json_object_to_json_string_ext(
	    j, flags | JSON_C_TO_STRING_NOSLASHESCAPE);
}
