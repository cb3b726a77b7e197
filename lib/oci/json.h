#ifndef OCI_JSON_H
#define OCI_JSON_H

#include <json-c/json_types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value of a JSON document, and the name by which errors call that value:
 * "linux.resources.pids.limit", "mounts[3].source".  A bundle is a stranger's:
 * each function here dies with 125, naming the value, if the value is not of
 * the type that the function returns.  null is as absent. */

struct json {
	struct json_object *value; /* NULL: absent */
	const char *name;	   /* kept to the end of the process */
};

/* The document in FILE, a regular file, or in the open descriptor FD, whose
 * text errors call NAME.  Dies with 125, naming the place, unless the text is
 * one object of at most 16 MiB and 64 levels. */
struct json json_file(int dir, const char *file);
struct json json_fd(int fd, const char *name);

/* The member PATH, "a" or "a.b.c", of the object J, which may be absent. */
struct json json_get(struct json j, const char *path);

bool json_there(struct json j);

/* Text without NUL bytes, or DEF if absent.  The document owns the text. */
const char *json_text(struct json j, const char *def);

/* The same, of the member PATH; dies if absent. */
const char *json_need_text(struct json j, const char *path);

bool json_true(struct json j, bool def);

/* A whole number in MIN..MAX, or DEF if absent. */
int64_t json_int(struct json j, int64_t min, int64_t max, int64_t def);
/* The same, up to 2^64-1. */
uint64_t json_u64(struct json j, uint64_t max, uint64_t def);

/* The same, of the member PATH; die if absent. */
int64_t json_need_int(
    struct json j, const char *path, int64_t min, int64_t max);
uint64_t json_need_u64(struct json j, const char *path, uint64_t max);

/* The members of an array, 0 if absent; and one of them. */
size_t json_count(struct json array);
struct json json_at(struct json array, size_t i);

/* The members of an object, none if absent, in their order: for (struct
 * json_members m = json_members(j); json_next(&m);) uses m.key and m.json. */
struct json_members {
	const char *key;
	struct json json;
	struct json of;
	void *entry;
	bool begun;
};
struct json_members json_members(struct json object);
bool json_next(struct json_members *m);

/* Whether J is absent or empty: "", 0, false, [] or {}. */
bool json_empty(struct json j);

/* The member PATH of J is known, and not done here: dies with "NAME: WHY",
 * unless json_empty(). */
void json_refuse(struct json j, const char *path, const char *why);

/* J as a text of JSON, which J owns, by FLAGS of json-c. */
const char *json_print(struct json_object *j, int flags);

/* Dies with "NAME: TEXT". */
__attribute__((noreturn, format(printf, 2, 3))) void json_die(
    struct json j, const char *fmt, ...);

#endif
