#ifndef SPAWN_PASTA_H
#define SPAWN_PASTA_H

#include "stage/door.h"

#include <stdbool.h>
#include <sys/types.h>

/* A box's network by pasta(1), a program from outside of the suite: it carries
 * the box's packets by sockets of its own on the host, as an ordinary user. */

#define PASTA_LINK "eth0" /* the box's */

/* The address, in the box, of the host's first name server. */
#define PASTA_DNS "169.254.1.1"

/* The address of a box, if its host has a route out by IPv6; its gateway's. */
#define PASTA_ADDR6 "fd62:6f78::2"
#define PASTA_GATEWAY6 "fd62:6f78::1"

/* Starts pasta as UID:GID, the owner of the box's user namespace, and returns
 * when the box has its network.  Checks the published ports before, sets those
 * that are 0, and writes all of them to the box's state.  Pasta dies with this
 * process.  -1 with errno, said() and said_why(); EIO: pasta itself has failed,
 * and said_why() is its reason. */
int pasta_start(struct usernet *u, uid_t uid, gid_t gid);

/* Whether this host's pasta takes a packet that the box sends to 127.0.0.1 or
 * ::1 over its link to the host's loopback, as versions before 2025 do
 * (net/loopback.h).  -1 as of pasta_start(): a pasta that does not tell. */
int pasta_leaks(bool *leaks);

/* After a SIGCHLD: says once that pasta has ended, if so. */
void pasta_watch(void);

#endif
