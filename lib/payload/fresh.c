// SPDX-License-Identifier: MIT
/*
 * fresh - PROG begins with the modes of a new login
 *
 * An exec keeps more than the environment (execve(2)).  A caller that ignores
 * SIGPIPE or blocks SIGTERM would change the meaning of a box's programs.  A
 * limit or a priority is another matter: the caller of nice(1) or taskset(1)
 * means all that they start.
 */
#include "payload/fresh.h"
#include "base/die.h"
#include "base/say.h"

#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TIMER_SLACK 50000ul /* ns: the kernel's for process 1, prctl(2) */

/* All dispositions and the mask, those of libc's own two signals included,
 * which sigaction(3) refuses to touch. */
static void
reset_signals(void)
{
	/* Handler SIG_DFL, no flags, an empty mask, whatever the layout. */
	static const unsigned long action[8];
	sigset_t none;

	for (int sig = 1; sig <= SIGRTMAX; sig++)
		if (sig != SIGKILL && sig != SIGSTOP &&
		    syscall(SYS_rt_sigaction, sig, action, NULL, 8) < 0)
			die("sigaction %d", sig);
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		die("sigprocmask");
}

void
fresh(void)
{
	const int persona = personality(0xffffffff);

	reset_signals();
	umask(022);
	/* The execution domain stays, the flags of setarch(8) go. */
	if (persona < 0 || personality((unsigned long)persona & PER_MASK) < 0)
		die("personality");
	if (prctl(PR_SET_TIMERSLACK, TIMER_SLACK) < 0 ||
	    prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0) < 0)
		die("prctl");
}
