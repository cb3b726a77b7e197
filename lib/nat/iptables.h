#ifndef NAT_IPTABLES_H
#define NAT_IPTABLES_H

#include <stdbool.h>

/* iptables-save and iptables-restore of a back end.  Only after
 * resident_begin(), see run.h. */

/* NAME: "nft" or "legacy"; "default" for what the host calls iptables; NULL for
 * that, or for legacy where this network namespace's rules are there.  Returns
 * the name, NULL on another word. */
const char *iptables_use(const char *name);

/* Feeds TEXT, if it is not empty, to iptables-restore --noflush, and frees it.
 * It is atomic per table, not per text. */
int iptables_restore(char *text);

/* *SAVED becomes the text of iptables-save, malloc'ed. */
int iptables_save(char **saved);

/* Both return -1 if that failed; then this is the reason. */
const char *iptables_why(void);

/* Whether the program is missing, and so nothing was changed. */
bool iptables_missing(void);

/* Says so, in a line on stderr, and what to install if it is missing. */
__attribute__((format(printf, 1, 2))) void iptables_warn(const char *fmt, ...);

#endif
