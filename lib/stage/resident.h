#ifndef STAGE_RESIDENT_H
#define STAGE_RESIDENT_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* A stage that waits for its child: resident_begin(), fork or clone,
 * resident_child() there, resident_wait() here. */

/* Blocks all signals for the resident, which reads them from a descriptor; and
 * remembers the caller's terminal (tty.h). */
void resident_begin(void);

/* In the child: restores the caller's signal mask and SIGCHLD's action, and
 * leaves what is to be undone to the parent (at_end_forget()). */
void resident_child(void);

/* In the child: dies with PARENT (getpid() before the fork), by SIGKILL; exits
 * with 125 if that is dead already. */
void resident_die_with(pid_t parent);

struct resident {
	pid_t pid;
	/* Our parent at the start, if the child is not to outlive it: a signal
	 * that finds another one kills the child (PR_SET_PDEATHSIG is the
	 * caller's to set).  0: does not matter. */
	pid_t parent;
	/* Stops the child with SIGSTOP when the terminal stops us: PID 1 of a
	 * pid namespace takes no SIGTSTP. */
	bool stop_child;
	/* NULL, or the set to which each signal is added that the child has
	 * got: from us, or with us as a part of the foreground group. */
	sigset_t *signals;
	/* A descriptor to be watched (-1: none) and what to do when it is
	 * readable; that returns false to have it watched no longer. */
	int fd;
	bool (*ready)(int fd);
};

/* Waits for the child's end; forwards every signal once, but what the kernel
 * sent to the whole foreground group; stops and continues with the child;
 * relays its terminal (relay.h) and gives the caller's back.  Returns the
 * status of the chain contract (128+N for a signal). */
int resident_wait(const struct resident *r);

#endif
