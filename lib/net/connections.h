#ifndef NET_CONNECTIONS_H
#define NET_CONNECTIONS_H

#include <stdbool.h>
#include <sys/types.h>

/* The TCP sockets of a network namespace: the kernel's counts (net/sockstat of
 * proc_pid_net(5)), as descriptors that outlive the namespace's processes.  An
 * open descriptor keeps the namespace alive. */
struct connections {
	int counts[2]; /* IPv4, IPv6; -1: there is none */
};

/* Opens the counts of PID's network namespace. */
void connections_open(struct connections *c, pid_t pid);

/* Whether TCP sockets are left, and closes the counts.  Without a process,
 * these are connections with unconfirmed data: the kernel sends the data again
 * for up to minutes, and keeps the namespace for it. */
bool connections_left(struct connections *c);

#endif
