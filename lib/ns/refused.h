#ifndef NS_REFUSED_H
#define NS_REFUSED_H

/* Dies with 125, for a new namespace of KINDS (flags of clone(2)) that the
 * kernel has refused with errno: prints said() and the hint that mends the
 * refusal. */
__attribute__((noreturn)) void ns_refused(int kinds);

/* Prints the hint for a kind of KINDS of which no namespace may be made, if
 * there is one: for the parent of a failed child, whose user namespace has
 * other limits. */
void ns_tell_none(int kinds);

/* The hint where AppArmor may be the reason for a refusal, malloc'ed: for a
 * host that leaves an ordinary user's namespaces no capabilities, and for a
 * process that a profile confines; else NULL. */
char *ns_profile_hint(void);

#endif
