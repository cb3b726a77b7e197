#ifndef STAGE_INHERIT_H
#define STAGE_INHERIT_H

/* The descriptors that a stage hands on.  The suite's own go to the next stage
 * in BOX_FDS=KIND:FD,... and never to foreign code; they are close-on-exec
 * while a stage has them.  Descriptors of --preserve-fd go to PROG. */

enum inherit_kind {
	INHERIT_DOOR,  /* door.h; a socket */
	INHERIT_LEASE, /* the lock of a slot or a name; a file */
	/* A socket of fdpass.h, on which the chain tells box-keep when foreign
	 * code begins: 'x' before its exec, 'f' if the exec failed, and the end
	 * of file by the exec itself. */
	INHERIT_READY,
	/* Both ends of a socket pair.  box-keep makes the pair if it may
	 * restart the chain; net-nat puts the sockets of its ports in, and the
	 * next run's net-nat gets them. */
	INHERIT_PUT,
	INHERIT_GET,
	/* A socket of fdpass.h to ns-spawn --leave, and the listening socket of
	 * its --park: stand.h. */
	INHERIT_LEAVE,
	INHERIT_PARK,
	/* The file to which the chain's lines for the caller go, in place of
	 * stderr, which is the box's. */
	INHERIT_LOG,
	INHERIT_KINDS,
};

/* Takes BOX_FDS out of the environment.  Closes each descriptor in it of an
 * unknown kind, or of another type of file than its kind has. */
void inherit_receive(void);

/* Adds FD, which the caller has made close-on-exec.  Dies with 125 if there are
 * too many. */
void inherit_add(enum inherit_kind kind, int fd);

/* The first descriptor of this kind, or -1. */
int inherit_fd(enum inherit_kind kind);

/* Closes the descriptors of this kind. */
void inherit_drop(enum inherit_kind kind);

/* For the exec of a stage: clears close-on-exec and sets BOX_FDS.  Dies with
 * 125. */
void inherit_hand_on(void);

/* Hands the caller's descriptors in LIST, such as "3,5", to PROG.  WHAT names
 * the option.  Dies with 125. */
void inherit_pass(const char *what, const char *list);

/* Closes each descriptor above 2 that is not close-on-exec, except those of
 * inherit_pass(): a caller's stray descriptor of a directory is a way out of
 * the root. */
void inherit_close_others(void);

/* After inherit_close_others(): closes all descriptors above 2, except those of
 * inherit_add() and inherit_pass(). */
void inherit_close_all(void);

#endif
