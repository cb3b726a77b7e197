// SPDX-License-Identifier: MIT
/*
 * names - makes the table of oci/filter.c, when boxtools is built: the numbers
 *of all system calls by name, sorted, for a profile that is known only at the
 *start
 *
 *	names PROFILE
 *
 * libseccomp has most of them.  Calls that are newer have one number on all
 *machine types, and PROFILE has that as NAME=NUMBER.
 */
#include "archs.h"

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* i386 has older calls that do the work of many, by their first argument. */
static const struct {
	const char *name;
	int value;
} sockets[] =
    {
	{"accept", 5},
	{"accept4", 18},
	{"bind", 2},
	{"connect", 3},
	{"getpeername", 7},
	{"getsockname", 6},
	{"getsockopt", 15},
	{"listen", 4},
	{"recv", 10},
	{"recvfrom", 12},
	{"recvmmsg", 19},
	{"recvmsg", 17},
	{"send", 9},
	{"sendmmsg", 20},
	{"sendmsg", 16},
	{"sendto", 11},
	{"setsockopt", 14},
	{"shutdown", 13},
	{"socket", 1},
	{"socketpair", 8},
},
  ipcs[] = {
      {"msgctl", 14},
      {"msgget", 13},
      {"msgrcv", 12},
      {"msgsnd", 11},
      {"semctl", 3},
      {"semget", 2},
      {"semop", 1},
      {"semtimedop", 4},
      {"shmat", 21},
      {"shmctl", 24},
      {"shmdt", 22},
      {"shmget", 23},
};

/* A search by name would find that i386 has no socket, only socketcall: so the
 * numbers are asked for their names. */
struct name {
	char *name;
	uint32_t abi; /* 0: all */
	int num;      /* or -1: none */
};

static struct name names[4000];
static unsigned n_names;

static void
add(char *name, uint32_t abi, int num)
{
	if (!name)
		return;
	if (n_names == COUNT(names))
		errx(1, "more than %zu names", COUNT(names));
	names[n_names++] = (struct name){name, abi, num};
}

static void
add_known(void)
{
	for (size_t i = 0; i < COUNT(archs); i++)
		for (size_t j = 0; j < 2 && archs[i].abi[j]; j++)
			for (int n = 0; n < ARM_PRIVATE + 16; n++) {
				if (n == MAX_NUM)
					n = ARM_PRIVATE;
				add(seccomp_syscall_resolve_num_arch(
					archs[i].abi[j], n),
				    archs[i].abi[j], n);
			}
	for (size_t i = 0; i < COUNT(sockets); i++)
		add(strdup(sockets[i].name), 0, -1);
	for (size_t i = 0; i < COUNT(ipcs); i++)
		add(strdup(ipcs[i].name), 0, -1);
}

static void
add_newer(const char *file)
{
	FILE *f = fopen(file, "r");
	char text[256], *word, *num;

	if (!f)
		err(1, "%s", file);
	while (fgets(text, sizeof(text), f)) {
		text[strcspn(text, "#\n")] = '\0';
		for (word = strtok(text, " "); word; word = strtok(NULL, " "))
			/* A lower number is an old call's of one type. */
			if ((num = strchr(word, '=')) && atoi(num + 1) >= 424) {
				*num++ = '\0';
				add(strdup(word), 0, atoi(num));
			}
	}
	fclose(f);
}

static int
compare(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	return strcmp(x->name, y->name);
}

/* N is the first of the records with its name. */
static int
number(uint32_t abi, const struct name *n)
{
	int num = -1;

	for (const struct name *i = n; i < names + n_names; i++)
		if (strcmp(i->name, n->name) != 0)
			break;
		else if (i->num >= 0 && i->abi == abi)
			return i->num;
		else if (i->num >= 0 && i->abi == 0)
			num = i->num;
	return num;
}

static void
put(const struct name *n, const uint32_t abi[2])
{
	int many = 0;

	for (size_t i = 0; i < COUNT(sockets); i++)
		if (strcmp(sockets[i].name, n->name) == 0)
			many = sockets[i].value;
	for (size_t i = 0; i < COUNT(ipcs); i++)
		if (strcmp(ipcs[i].name, n->name) == 0)
			many = -ipcs[i].value;
	printf("\t{\"%s\", {%d, %d}, %d},\n", n->name, number(abi[0], n),
	    abi[1] ? number(abi[1], n) : -1, many);
}

int
main(int argc, char *argv[])
{
	if (argc != 2)
		errx(1, "usage: names PROFILE");
	add_known();
	add_newer(argv[1]);
	qsort(names, n_names, sizeof(*names), compare);

	printf("/* Made by seccomp/names: name, numbers, and what it is for "
	       "i386's socketcall (> 0) or ipc (< 0). */\n");
	for (size_t i = 0; i < COUNT(archs); i++) {
		printf("#%s defined(__%s__)\n"
		       "static const uint32_t abis[2] = {%#x, %#x};\n"
		       "static const struct name names[] = {\n",
		    i ? "elif" : "if", archs[i].name, archs[i].abi[0],
		    archs[i].abi[1]);
		for (unsigned j = 0; j < n_names; j++)
			if (j == 0 ||
			    strcmp(names[j].name, names[j - 1].name) != 0)
				put(&names[j], archs[i].abi);
		printf("};\n");
	}
	printf("#else\n#error \"a row of archs[] in seccomp/archs.h\"\n"
	       "#endif\n");
	if (fflush(stdout) != 0 || ferror(stdout))
		err(1, "stdout");
	return 0;
}
