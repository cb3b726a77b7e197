// SPDX-License-Identifier: MIT
/*
 * fresh - PROG begins with the modes of a new login
 *
 * An exec keeps more than the environment (execve(2)).  A caller that ignores
 * SIGPIPE or blocks SIGTERM would change the behaviour of a box's programs.
 * Limits, priority and CPU affinity stay: nice(1) and taskset(1) are meant for
 * all programs below them.
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

/* Resets all dispositions and the mask, also for libc's own two signals, which
 * sigaction(3) refuses. */
static void
reset_signals(void)
{
	/* Zeros are SIG_DFL, no flags and an empty mask in any layout. */
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
	/* Keeps the execution domain, clears the flags of setarch(8). */
	if (persona < 0 || personality((unsigned long)persona & PER_MASK) < 0)
		die("personality");
	if (prctl(PR_SET_TIMERSLACK, TIMER_SLACK) < 0 ||
	    prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0) < 0)
		die("prctl");
}
