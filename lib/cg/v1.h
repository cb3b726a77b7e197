#ifndef CG_V1_H
#define CG_V1_H

/* The file NAME of the group above the directory DIR, without its newline;
 * the caller frees it.  NULL with errno. */
char *cg_read_above(const char *dir, const char *name);

/* Gives the new v1 group DIR the CPUs and memory nodes of its parent
 * (cpuset(7)): -1 with errno, said. */
int cg_v1_fill(const char *dir);

#endif
