// SPDX-License-Identifier: MIT
/*
 * pasta - start and end of pasta(1)
 *
 * Pasta runs as our child in the foreground, and the kernel kills it with us
 * (PR_SET_PDEATHSIG): the older versions never see the end of a box.  When the
 * network is ready, pasta writes its pid to the file of -P, here its standard
 * output, a pipe; an end of file means that it has failed.
 */
#include "spawn/pasta.h"
#include "base/addr.h"
#include "base/die.h"
#include "base/file.h"
#include "base/run.h"
#include "base/say.h"
#include "box/state.h"
#include "nat/ports.h"
#include "term/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY_MS 10000
#define LOG_SIZE 4096
#define TUN "/dev/net/tun"

/* A network of the box's own, without pasta's ways to the host's loopback: by
 * the box's loopback (-T, -U) and by the gateway's address (--no-map-gw). */
static const char *const fixed[] = {"pasta", "-f", "-q", "-P",
    "/proc/self/fd/1", "--config-net", "-I", PASTA_LINK, "-T", "none", "-U",
    "none", "--no-map-gw", "--dns-forward", PASTA_DNS, "-a", PASTA_ADDR6, "-g",
    PASTA_GATEWAY6};

#define FIXED (sizeof(fixed) / sizeof(*fixed))

static pid_t pasta;	/* 0: it has not begun, or has ended */
static int errors = -1; /* its standard error */

static struct nat_port
port_of(const struct usernet *u, unsigned i)
{
	return (struct nat_port){.family = u->ports[i].family,
	    .addr = u->ports[i].addr,
	    .addr6 = u->ports[i].addr6,
	    .host = u->ports[i].host,
	    .box = u->ports[i].box,
	    .udp = u->ports[i].udp != 0,
	    .fd = -1};
}

/* The words for pasta but the last five, malloc'ed, with NULLs at the end. */
static char **
words_for(const struct usernet *u, bool as_root)
{
	const char **argv = calloc(FIXED + 18 + 2 * DOOR_PORTS, sizeof(*argv)),
		   **word = argv;
	bool any[2] = {false, false};

	if (!argv)
		die("calloc");
	memcpy(argv, fixed, sizeof(fixed));
	word += FIXED;
	*word++ = "-a";
	*word++ = text_fmt("%s", addr_text(u->addr));
	*word++ = "-n";
	*word++ = text_fmt("%u", u->len);
	*word++ = "-g";
	*word++ = text_fmt("%s", addr_text(u->gateway));
	for (unsigned i = 0; i < u->n_ports; i++) {
		const struct nat_port p = port_of(u, i);
		const char *addr = "";

		if (p.family)
			addr = text_fmt("%s/", p.family == AF_INET6
						   ? addr6_text(&p.addr6)
						   : addr_text(p.addr));

		any[p.udp] = true;
		*word++ = p.udp ? "-u" : "-t";
		*word++ = text_fmt("%s%u:%u", addr, p.host, p.box);
	}
	/* Without -u, pasta publishes the ports of -t. */
	for (int udp = 0; udp < 2; udp++)
		if (!any[udp]) {
			*word++ = udp ? "-u" : "-t";
			*word++ = "none";
		}
	/* Else pasta becomes nobody. */
	if (as_root) {
		*word++ = "--runas";
		*word++ = "0";
	}
	return (char **)argv;
}

/* Whether a port before I is the same one of the host's; sets errno. */
static bool
is_taken(const struct usernet *u, unsigned i)
{
	const struct nat_port p = port_of(u, i);

	for (unsigned k = 0; k < i; k++) {
		struct nat_port q = port_of(u, k);

		q.box = p.box;
		if (p.host && port_same(&q, &p)) {
			errno = EADDRINUSE;
			return true;
		}
	}
	return false;
}

/* The checks that this user can make before: pasta's own words differ between
 * its versions. */
static int
check(struct usernet *u)
{
	const bool dry = say_modes() & SAY_DRY;

	said_set("open " TUN, "");
	if (!dry && faccessat(AT_FDCWD, TUN, R_OK | W_OK, AT_EACCESS) < 0)
		return -1;
	for (unsigned i = 0; i < u->n_ports; i++) {
		struct nat_port p = port_of(u, i);

		/* With -n only to find a free port. */
		if (dry && p.host)
			continue;
		said_set(text_fmt("--publish %s", port_text(&p)), "");
		if (is_taken(u, i) || port_check(&p) < 0)
			return -1;
		u->ports[i].host = p.host;
	}
	return 0;
}

/* As UID, whom the kernel refuses more than root. */
static int
check_as(struct usernet *u, uid_t uid)
{
	const uid_t own = geteuid();
	int ret, error;

	if (seteuid(uid) < 0)
		die("seteuid %u", uid);
	ret = check(u);
	error = errno;
	if (seteuid(own) < 0)
		die("seteuid %u", own);
	errno = error;
	return ret;
}

/* Opens the file of a namespace for an older pasta: AppArmor's profile of
 * Debian 12's refuses a look at another process, but not at a descriptor of its
 * own. */
static const char *
inherited(const char *path, int *fd)
{
	*fd = open(path, O_RDONLY);
	if (*fd < 0)
		die("open %s", path);
	return text_fmt("/proc/self/fd/%d", *fd);
}

/* In the child.  Signals of the caller's terminal are not for pasta, which
 * takes no signal that is ignored. */
__attribute__((noreturn)) static void
become(char **argv, uid_t uid, gid_t gid, const int fds[3], pid_t parent)
{
	const bool other = uid != geteuid();
	sigset_t none;
	bool ok = setsid() >= 0;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_DFL);
	for (int i = 0; i < 3; i++)
		ok = ok && dup2(fds[i], i) == i;
	if (ok && other)
		ok = setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 &&
		     setresuid(uid, uid, uid) == 0;
	if (ok && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
		execvp(argv[0], argv);
	ok = errno == ENOENT;
	dprintf(2, "%s\n", strerror(errno));
	_exit(ok ? EXIT_NOENT : EXIT_NOEXEC);
}

/* The last line of pasta's that is about its end, malloc'ed. */
static char *
reason(void)
{
	char text[LOG_SIZE + 1] = "", *rest = text, *line;
	const char *why = "no reason given";

	if (pread(errors, text, LOG_SIZE, 0) < 0)
		text[0] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (*line && !strstr(line, "syslog") && !strstr(line, "AVX2"))
			why = line;
	return text_fmt("%s", why);
}

/* Waits until pasta is ready, which writes to OUT. */
static int
wait_ready(int out)
{
	struct pollfd p = {.fd = out, .events = POLLIN};
	int n, status;
	char byte;

	while ((n = poll(&p, 1, READY_MS)) < 0 && errno == EINTR)
		;
	if (n > 0 && read(out, &byte, 1) == 1)
		return 0;
	kill(pasta, SIGKILL);
	while (waitpid(pasta, &status, 0) < 0 && errno == EINTR)
		;
	pasta = 0;
	if (n == 0) {
		said_set("pasta", "");
		errno = ETIMEDOUT;
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOENT) {
		said_set("pasta", "");
		errno = ENOENT;
	} else {
		said_set("pasta", reason());
		errno = EIO;
	}
	return -1;
}

/* The published ports are free when we have ended. */
static void
end_pasta(void)
{
	if (!pasta)
		return;
	kill(pasta, SIGKILL);
	while (waitpid(pasta, NULL, 0) < 0 && errno == EINTR)
		;
}

/* A file of a fixed size: pasta cannot fill the memory with errors. */
static int
open_log(void)
{
	const int log = memfd_create("pasta", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (log < 0 || ftruncate(log, LOG_SIZE) < 0 ||
	    fcntl(log, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) < 0)
		die("memfd_create");
	return log;
}

static void
tell_ports(const struct usernet *u)
{
	struct nat_port ports[DOOR_PORTS];

	for (unsigned i = 0; i < u->n_ports; i++)
		ports[i] = port_of(u, i);
	ports_tell(&(struct nat){.ports = ports, .n_ports = u->n_ports});
}

/* By an option of the first version of 2025: Debian 12's knows no version, and
 * Debian 13's loses its version on the way into a pipe.  The status is of no
 * use: Debian 12's has 1. */
int
pasta_leaks(bool *leaks)
{
	static char *const argv[] = {(char *)"pasta", (char *)"--help", NULL};
	static int known = -1;
	char *text, why[80] = "";
	int status;

	if (known < 0) {
		status = run_read(argv, &text, why, sizeof(why));
		known = !strstr(text, "--fqdn");
		free(text);
		/* Killed, or not executed; launch() says which one is not
		 * there. */
		if (status >= EXIT_NOEXEC && status != EXIT_NOENT) {
			known = -1;
			said_set("pasta --help",
			    *why ? why : text_fmt("status %d", status));
			errno = EIO;
			return -1;
		}
	}
	*leaks = known;
	return 0;
}

/* Where proc has hidepid, pasta is hidden as soon as it has confined itself.  A
 * box can do without the fact. */
static void
tell_pid(void)
{
	if (start_time(pasta) || (errno != EPERM && errno != EACCES))
		state_put_pid("pasta", pasta);
}

/* Starts pasta as our child, and waits until it is ready. */
static int
launch(char **argv, uid_t uid, gid_t gid)
{
	const pid_t parent = getpid();
	int pipes[2], fds[3], ret;

	fds[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
	/* Only its owner can open a pipe by its name. */
	if (fds[0] < 0 || pipe2(pipes, O_CLOEXEC) < 0 ||
	    fchown(pipes[1], uid, gid) < 0)
		die("pipe");
	fds[1] = pipes[1];
	fds[2] = errors = open_log();
	pasta = fork();
	if (pasta < 0)
		die("fork");
	if (pasta == 0)
		become(argv, uid, gid, fds, parent);
	tell_pid();
	close(fds[0]);
	close(fds[1]);
	ret = wait_ready(pipes[0]);
	close_keep(pipes[0]);
	return ret;
}

int
pasta_start(struct usernet *u, uid_t uid, gid_t gid)
{
	const char *pid = u->pid ? text_fmt("%d", u->pid) : "$BOX_PID";
	const char *user = text_fmt("/proc/%s/ns/user", pid);
	const char *net = text_fmt("/proc/%s/ns/net", pid);
	const char *as = "";
	const char *box[] = {"--userns", NULL, "--netns", NULL};
	static char quit[] = "--no-netns-quit";
	char **argv, **end;
	int ns[2] = {-1, -1}, ret;
	bool leaks;

	if (u->n_ports > DOOR_PORTS) {
		said_set("--publish", "");
		errno = E2BIG;
		return -1;
	}
	if (check_as(u, uid) < 0)
		return -1;
	argv = words_for(u, uid == 0);
	if (uid != geteuid())
		as = text_fmt(
		    "setpriv --reuid %u --regid %u --clear-groups ", uid, gid);
	/* Not quoted, as the pid may be a variable. */
	if (!say(SAY_SH, "%s%s --userns %s --netns %s", as, say_words(argv),
		user, net))
		return 0;
	for (end = argv; *end; end++)
		;
	if (pasta_leaks(&leaks) < 0)
		return -1;
	if (leaks) {
		user = inherited(user, &ns[0]);
		net = inherited(net, &ns[1]);
		*end++ = quit;
	}
	box[1] = user;
	box[3] = net;
	memcpy(end, box, sizeof(box));
	ret = launch(argv, uid, gid);
	close_keep(ns[0]);
	close_keep(ns[1]);
	if (ret < 0)
		return -1;
	if (u->n_ports) {
		at_end(end_pasta);
		tell_ports(u);
	}
	return 0;
}

void
pasta_watch(void)
{
	const char *why;
	int status;

	if (!pasta || waitpid(pasta, &status, WNOHANG) != pasta)
		return;
	pasta = 0;
	why = WIFSIGNALED(status) ? text_fmt("signal %d", WTERMSIG(status))
				  : reason();
	/* A terminal in raw mode has no lines. */
	if (relay_used())
		relay_pause();
	warnx("pasta has ended (%s): the box has no network any more", why);
	if (relay_used())
		relay_resume();
}
