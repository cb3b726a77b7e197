#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A target of libFuzzer (llvm.org/docs/LibFuzzer.html) reads what somebody else
 * wrote. A refusal ends in exit(), which the linker's --wrap leads to
 * fuzz_run(). */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Calls READ with the input and a NUL behind, in memory of its own. */
void fuzz_run(
    void (*read)(char *text, size_t size), const uint8_t *data, size_t size);

/* The path of a file with the input, for a reader of files; in a static buffer.
 */
const char *fuzz_file(const char *text, size_t size);

/* In this run, an open of PATH by the reader opens the input's TEXT. */
void fuzz_instead(const char *path, const char *text, size_t size);

/* While KEEP, or to the end of the run, no close closes anything: a reader
 * closes what a stranger names. */
void fuzz_keep_open(bool keep);

/* From now on each run's end frees all that the run has taken: a reader of a
 * process with a short life keeps everything. */
void fuzz_free_all(void);

#endif
