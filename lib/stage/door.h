#ifndef STAGE_DOOR_H
#define STAGE_DOOR_H

#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* The box's side of the door: a stage inside the box sends requests to
 * ns-spawn's resident parent over one SOCK_SEQPACKET socket (box(7)).  Messages
 * are of fixed size and versioned.  A box gets at most one veth pair or one
 * network of pasta's, one root, 512 binds and devices, 16 files, one file of
 * names and one terminal. */

#define DOOR_VERSION 7
#define DOOR_BINDS 512
#define DOOR_FILES 16
#define DOOR_PORTS 32

/* A veth pair between the host's network namespace and a box's: point to point,
 * routed.  Addresses in host byte order; of a fixed size, for the door. */
struct veth {
	char host[IFNAMSIZ], box[IFNAMSIZ]; /* the names of both ends */
	uint32_t addr, len;		    /* the box's, and its prefix */
	uint32_t gateway;		    /* the host end's, a /32 */
	uint32_t mtu;	   /* 0: that of the host's route out */
	uint32_t localnet; /* route_localnet on the host end */
	uint32_t nat;	   /* the host end is in VETH_GROUP_NAT */
	struct in6_addr addr6, gateway6;
	uint32_t len6; /* of the pool, whose addresses both are; 0: no IPv6 */
	uint32_t out6; /* the host has IPv6 networks: set by veth_host() */
};

/* A network of pasta's (spawn/pasta.h).  Addresses in host byte order. */
struct usernet {
	int32_t pid; /* a process in it, as the host has it; 0: $BOX_PID */
	uint32_t addr, len, gateway;
	uint32_t n_ports;
	/* Published: as of nat/rules.h. */
	struct {
		int32_t family;
		uint32_t addr;
		struct in6_addr addr6;
		uint16_t host, box;
		uint32_t udp;
	} ports[DOOR_PORTS];
};

enum door_op {
	DOOR_VETH = 1,	 /* make the host's end of a veth pair */
	DOOR_USER,	 /* start pasta */
	DOOR_ROOT,	 /* an id-mapped view of the root directory */
	DOOR_ROOT_SLAVE, /* the same, with mounts that come below it later */
	DOOR_BIND,	 /* the same of a directory or file to bind */
	DOOR_TOP,	 /* the same, without the mounts below it */
	DOOR_SLAVE,	 /* the same, with mounts that come below it later */
	DOOR_SHARED, /* the same, and mounts of the box are the host's, too */
	DOOR_SHIFT,  /* as DOOR_BIND, with the box's ids also if --plain */
	DOOR_SHIFT_TOP, /* as DOOR_TOP, likewise */
	DOOR_NODE,	/* a device to bind, with the box's ids if possible */
	DOOR_PROG,	/* open the next program of the chain */
	DOOR_FILE,	/* open a file for reading */
	DOOR_HOSTS, /* the file of names; its own lines in place of a path */
	DOOR_TTY,   /* relay a terminal; its master comes along */
	DOOR_MADE,  /* the root directory is made: run --made's command */
	DOOR_SHUT,  /* the last word */
};

struct door_request {
	uint32_t version, op;
	uint32_t modes; /* say_modes() of the asking stage */
	struct veth veth;
	struct usernet user;
	char path[PATH_MAX];
};

#define DOOR_OWN 1	/* PROG: one of our stages */
#define DOOR_NEWNS 2	/* ROOT: the box has a mount namespace of its own */
#define DOOR_YOURSELF 4 /* ROOT, BIND, NODE: open it yourself, as it is */
#define DOOR_LEAKS 8	/* USER: the host's loopback is open */
#define DOOR_OUT6 16	/* VETH: the host has an IPv6 route out */

/* err: 0 or an errno; said, why: said() and said_why() of the doorman.  A
 * descriptor goes along if the operation has one. */
struct door_reply {
	int32_t err;
	uint32_t flags;
	char said[1024], why[256];
};

/* The descriptor, -1 if there is none. */
int door_fd(void);

/* Each dies if the doorman dies, and returns -1 with errno, said() and
 * said_why() if the doorman refuses. */

/* Sets v->out6. */
int door_veth(struct veth *v);

/* *leaks: the host's loopback is open (spawn/pasta.h). */
int door_user(const struct usernet *u, bool *leaks);

/* A detached mount (move_mount(2)) of PATH, shown with the box's ids;
 * -1 with errno 0 if the caller is to open PATH itself.  *newns (may be NULL):
 * whether the box has its own mount namespace. */
int door_tree(enum door_op op, const char *path, bool *newns);

/* PATH, opened for reading. */
int door_file(const char *path);

/* A detached, read-only mount of the box's file of names, which begins with the
 * lines OWN (hosts.h); ENODATA if the box has none. */
int door_hosts(const char *own);

/* Hands MASTER, of a pty in the box, to the doorman, which relays it with the
 * caller's terminal. */
int door_tty(int master);

/* For ns-spawn: the stages behind shall call door_made(), unless COMMAND is
 * NULL. */
void door_tell_made(const char *command);

/* Has the doorman run the command of ns-spawn --made, once; dies with 125 if
 * the command fails.  Does nothing if there is none. */
void door_made(void);

/* The program NAME, O_PATH; *own: one of our stages. */
int door_prog(const char *name, bool *own);

/* Ends the requests, and waits until the doorman has closed the door.  Does
 * nothing if there is no door. */
void door_shut(void);

/* False: there is a door, and the doorman has died. */
bool door_alive(void);

#endif
