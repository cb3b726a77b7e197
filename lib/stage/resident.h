#ifndef STAGE_RESIDENT_H
#define STAGE_RESIDENT_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* A stage that waits for its child calls resident_begin(), forks, then calls
 * resident_child() in the child and resident_wait() in the parent. */

/* Blocks all signals, which the resident reads from a descriptor, and remembers
 * the caller's terminal (tty.h). */
void resident_begin(void);

/* In the child: restores the caller's signal mask and SIGCHLD's action, and
 * leaves all undoing to the parent (at_end_forget()). */
void resident_child(void);

/* Before resident_child(): nothing is undone if the box goes on without us, so
 * ns-spawn --leave may be behind this stage. */
void resident_may_leave(void);

/* The kernel sends SIGNO to this process when PARENT dies, until the next
 * change of ids.  Dies with 125 if PARENT, which getpid() or getppid() named
 * earlier, is dead already. */
void resident_die_with(pid_t parent, int signo);

struct resident {
	pid_t pid;
	/* Our parent at the start, or 0.  If the parent has died when a signal
	 * comes, the child is killed (the caller sets PR_SET_PDEATHSIG). */
	pid_t parent;
	/* Stops the child with SIGSTOP when the terminal stops us: PID 1 of a
	 * pid namespace takes no SIGTSTP. */
	bool stop_child;
	/* NULL, or a set.  Each signal that the child has got, from us or as a
	 * member of the foreground group, is added. */
	sigset_t *signals;
	/* A descriptor to watch (-1: none).  ready() is called when FD is
	 * readable, and returns false to end the watch. */
	int fd;
	bool (*ready)(int fd);
	/* NULL, or called when another child may have ended. */
	void (*others)(void);
	/* NULL, or set by ready(): the wait is over, with the status 0, and the
	 * child goes on without us. */
	const bool *left;
	/* NULL, or set if the wait itself fails, which a line says: the status
	 * is then 125, as a child's own may be. */
	bool *failed;
	/* The least milliseconds between two calls of ready(), so that the
	 * child does not set our pace; 0: none. */
	int pause;
};

/* Waits for the child's end.  Forwards every signal once, except those that the
 * kernel sent to the whole foreground group; kills a process 1 for which the
 * kernel would drop the signal.  Stops and continues with the child; relays its
 * terminal and streams (relay.h, streams.h) and gives the caller's back.
 * Returns the status of the chain contract (128+N for a signal). */
int resident_wait(const struct resident *r);

#endif
