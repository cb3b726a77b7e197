#ifndef NAT_IPTABLES_H
#define NAT_IPTABLES_H

#include <stdbool.h>
#include <stdint.h>

/* iptables-save and iptables-restore of a back end, and ip6tables'.  Only after
 * resident_begin(), see run.h. */

/* A family of addresses, and a text for each, malloc'ed. */
enum ip { IP4, IP6, IPS };
struct texts {
	char *of[IPS];
};

/* Chooses the back end NAME: "nft", "legacy", or "default", the host's
 * iptables. NULL: legacy if this network namespace has legacy rules, else
 * default. Returns the name, or NULL on another word. */
const char *iptables_use(const char *name);

/* Feeds each text to iptables-restore --noflush, both at the same time, unless
 * it is empty, and frees it.  The change is atomic per table, not per text. */
int iptables_restore(struct texts texts);

/* *SAVED becomes the text of iptables-save, malloc'ed. */
int iptables_save(enum ip ip, char **saved);

/* Whether these two names are of the same back end. */
bool iptables_same(const char *a, const char *b);

/* The number of the last change to nftables in this network namespace; 0 if it
 * cannot be told. */
uint32_t iptables_generation(void);

/* The reason, if iptables_restore() or iptables_save() returned -1. */
const char *iptables_why(void);

/* Whether that failed because the program is missing: then it has changed
 * nothing, and the other family's may have. */
bool iptables_missing(enum ip ip);

/* A warning with the reason, and a hint if the program is missing. */
__attribute__((format(printf, 1, 2))) void iptables_warn(const char *fmt, ...);

#endif
