/*
 * inject - runs a command, writes down each system call of our own programs,
 * and makes one of them fail, or kills the process there
 *
 *	inject -d BINDIR -o LOG [-c] [-s SITE -w ERRNO|KILL] [-t SECONDS] CMD...
 *
 * A line of LOG is "PROCESS PROGRAM CALL PLACE PURPOSE STACK": the process by
 * its line of descent ("0.1.0" is the first child of the second child of CMD),
 * a number that stands for the place in the code, the file or the operation,
 * and the return addresses on the stack, the innermost first, with "," between
 * them. SITE is the first four words of a line and N, with "/" between them:
 * the N-th such line. When that call comes, LOG has the line "hit". The place
 * and not a count of all calls, because a run may read a file more than the
 * last one did. With -c a shell that runs a script of BINDIR counts as this
 * program; there the PURPOSE belongs to the place, as one place of a shell
 * serves many lines. strace(1) counts for each process alone, and cannot name
 * one of a chain.
 *
 * Processes that are left after SECONDS are killed, and LOG has the line
 * "late". The status is that of CMD, as sh(1) gives it. For x86-64 only.
 *
 * ptrace(2), process_vm_readv(2).
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

#include <seccomp.h>

#define PLACES 4
#define CALLS 512
/* Of a stack, in bytes, which one call of process_vm_readv(2) may not have all.
 */
#define PART 1024
#define PARTS 24
#define DEPTH 24

struct process {
	pid_t pid;
	char id[64], program[32];
	unsigned children;
	unsigned long text, text_end;
	bool ours, script, spoiled;
	/* The first stop came before its parent told of it. */
	bool waits;
	/* Lines that were the site's, but for N. */
	unsigned hits;
	struct process *next;
};

static struct process *processes;
static FILE *out;
static const char *bindir, *site;
static bool scripts;
static unsigned site_n;
static long what; /* an errno; 0: SIGKILL */

static void
die(const char *text)
{
	fprintf(stderr, "inject: %s: %s\n", text, strerror(errno));
	exit(99);
}

static struct process *
find(pid_t pid)
{
	struct process *p;

	for (p = processes; p && p->pid != pid; p = p->next)
		;
	return p;
}

static struct process *
add(pid_t pid)
{
	struct process *p = calloc(1, sizeof(*p));

	if (!p)
		die("calloc");
	p->pid = pid;
	p->next = processes;
	processes = p;
	return p;
}

static void
born(struct process *p, struct process *parent)
{
	snprintf(
	    p->id, sizeof(p->id), "%.55s.%u", parent->id, parent->children++);
	memcpy(p->program, parent->program, sizeof(p->program));
	p->ours = parent->ours;
	p->script = parent->script;
	p->text = parent->text;
	p->text_end = parent->text_end;
}

static void
drop(pid_t pid)
{
	struct process **p, *gone;

	for (p = &processes; *p; p = &(*p)->next)
		if ((*p)->pid == pid) {
			gone = *p;
			*p = gone->next;
			free(gone);
			return;
		}
}

/* Whether P runs a script of BINDIR, which is then its program. */
static bool
is_script(struct process *p)
{
	char path[64], words[8192] = "";
	const size_t len = strlen(bindir);
	const char *word;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", p->pid);
	f = fopen(path, "re");
	if (f) {
		words[fread(words, 1, sizeof(words) - 1, f)] = '\0';
		fclose(f);
	}
	word = words + strlen(words) + 1;
	if (strncmp(word, bindir, len) != 0 || word[len] != '/')
		return false;
	snprintf(p->program, sizeof(p->program), "%.31s", word + len + 1);
	return true;
}

/* The program that P has just executed. */
static void
executed(struct process *p)
{
	char path[4352], exe[4097];
	const char *name;
	ssize_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/exe", p->pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	exe[n < 0 ? 0 : n] = '\0';
	name = strrchr(exe, '/') ? strrchr(exe, '/') + 1 : exe;
	/* A stage may go on from a copy in memory (lib/payload/sealed.c). */
	if (!p->ours || strncmp(exe, "/memfd:stage", 12) != 0) {
		snprintf(p->program, sizeof(p->program), "%.31s",
		    *name ? name : "?");
		snprintf(path, sizeof(path), "%s/%.31s", bindir, name);
		p->ours = *name && access(path, F_OK) == 0;
		p->script = scripts && !p->ours && is_script(p);
		p->ours |= p->script;
	}
	snprintf(path, sizeof(path), "/proc/%d/stat", p->pid);
	f = fopen(path, "re");
	p->text = p->text_end = 0;
	if (f) {
		if (fscanf(f,
			"%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u"
			"%*u %*u %*u %*d %*d %*d %*d %*d %*d %*u %*u %*d %*u "
			"%lu %lu",
			&p->text, &p->text_end) != 2)
			p->text = 0;
		fclose(f);
	}
}

static uint32_t
mixed(uint32_t hash, unsigned long value)
{
	return (hash ^ (uint32_t)value) * 16777619U;
}

/* The innermost return addresses on the stack, and WHAT_FOR without its
 * numbers, which other runs do not have. */
static uint32_t
place(const struct process *p, unsigned long sp, const char *what_for)
{
	unsigned long stack[128];
	struct iovec here = {stack, sizeof(stack)};
	struct iovec there = {(void *)sp, sizeof(stack)};
	uint32_t hash = 2166136261U;
	ssize_t n;
	unsigned i, found = 0;

	n = process_vm_readv(p->pid, &here, 1, &there, 1, 0);
	for (i = 0; n > 0 && i < (size_t)n / sizeof(long) && found < PLACES;
	     i++)
		if (stack[i] > p->text && stack[i] < p->text_end) {
			hash = mixed(hash, stack[i] - p->text);
			found++;
		}
	for (; *what_for; what_for++)
		if (*what_for < '0' || *what_for > '9')
			hash = mixed(hash, (unsigned char)*what_for);
	return hash;
}

/* The call at IP, and all return addresses on the stack, from the pointer SP,
 * in TO. */
static void
stack_of(const struct process *p, unsigned long ip, unsigned long sp, char *to,
    size_t len)
{
	unsigned long stack[PARTS * PART / sizeof(long)];
	struct iovec here = {stack, sizeof(stack)}, there[PARTS];
	size_t at, found = 1;
	ssize_t n;

	for (size_t i = 0; i < PARTS; i++)
		there[i] = (struct iovec){(char *)sp + i * PART, PART};
	n = process_vm_readv(p->pid, &here, 1, there, PARTS, 0);
	at = (size_t)snprintf(to, len, "%lx", ip);
	for (size_t i = 0; n > 0 && i < (size_t)n / sizeof(long) &&
			   found < DEPTH && at + 20 < len;
	     i++)
		if (stack[i] > p->text && stack[i] < p->text_end) {
			at += (size_t)snprintf(
			    to + at, len - at, ",%lx", stack[i] - 1);
			found++;
		}
}

static void
spoil(struct process *p)
{
	struct user_regs_struct regs;

	fputs("hit\n", out);
	if (what == 0) {
		kill(p->pid, SIGKILL);
		return;
	}
	/* No call has this number: the kernel does nothing. */
	if (ptrace(PTRACE_GETREGS, p->pid, 0, &regs) < 0)
		return;
	regs.orig_rax = (unsigned long)-1;
	ptrace(PTRACE_SETREGS, p->pid, 0, &regs);
	p->spoiled = true;
}

/* A filter of system calls may have changed the result since the entry. */
static void
fail(struct process *p)
{
	struct user_regs_struct regs;

	p->spoiled = false;
	if (ptrace(PTRACE_GETREGS, p->pid, 0, &regs) < 0)
		return;
	regs.rax = (unsigned long)-what;
	ptrace(PTRACE_SETREGS, p->pid, 0, &regs);
}

/* The calls whose first, or second, argument is a path, a descriptor or a
 * number that tells what the call is for. */
static const char *const words[] = {
    "path0 access chdir chmod chroot execve lchown link lstat mkdir mount open "
    "pivot_root readlink rename rmdir stat statfs symlink truncate umount2 "
    "unlink ",
    "path1 execveat faccessat2 fchmodat fchownat linkat mkdirat mknodat "
    "newfstatat open_tree openat openat2 readlinkat renameat2 unlinkat ",
    "fd0 fchdir fchmod fchown flock fstat fstatfs ftruncate getdents64 lseek "
    "pread64 pwrite64 read write writev fsconfig mount_setattr ",
    "num0 prctl rt_sigprocmask rt_sigaction setns socket unshare clone3 ",
    "num1 fcntl ioctl ",
};

/* What the call is for, in one word of TO. */
static void
purpose(const struct process *p, const char *name,
    const unsigned long long *args, char *to, size_t len)
{
	char path[64], key[40], *c;
	struct iovec here = {to, len - 1}, there;
	const char *kind = NULL;
	ssize_t n = 0;
	size_t i;

	snprintf(to, len, "-");
	snprintf(key, sizeof(key), " %s ", name);
	for (i = 0; i < sizeof(words) / sizeof(*words) && !kind; i++)
		if (strstr(words[i], key))
			kind = words[i];
	if (!kind)
		return;
	if (kind[0] == 'n') {
		snprintf(to, len, "%lld", args[kind[3] - '0']);
		return;
	}
	if (kind[0] == 'p') {
		there = (struct iovec){(void *)args[kind[4] - '0'], 128};
		here.iov_len = len < 128 ? len - 1 : 128;
		n = process_vm_readv(p->pid, &here, 1, &there, 1, 0);
		to[n < 0 ? 0 : n] = '\0';
	}
	if (n <= 0 || !*to) {
		snprintf(
		    path, sizeof(path), "/proc/%d/fd/%d", p->pid, (int)args[0]);
		n = readlink(path, to, len - 1);
		to[n < 0 ? 0 : n] = '\0';
	}
	for (c = to; *c; c++)
		if (*c <= ' ' || *c > '~')
			*c = '_';
	if (!*to)
		snprintf(to, len, "-");
}

static void
call(struct process *p)
{
	struct ptrace_syscall_info info;
	char line[160], what_for[160], stack[DEPTH * 20], *name, *c;
	unsigned long nr;
	size_t n;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, p->pid, sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_EXIT && p->spoiled)
		fail(p);
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	nr = info.entry.nr;
	name = nr < CALLS
		   ? seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)nr)
		   : NULL;
	if (!name)
		return;
	snprintf(line, sizeof(line), "%s/%s/%s/", p->id, p->program, name);
	if (site && strncmp(site, line, strlen(line)) != 0) {
		free(name);
		return;
	}
	*what_for = '\0';
	if (!site || p->script)
		purpose(p, name, info.entry.args, what_for, sizeof(what_for));
	free(name);
	n = strlen(line);
	snprintf(line + n, sizeof(line) - n, "%08x",
	    place(p, info.stack_pointer, p->script ? what_for : ""));
	if (site) {
		if (strcmp(site, line) == 0 && ++p->hits == site_n)
			spoil(p);
		return;
	}
	for (c = line; *c; c++)
		if (*c == '/')
			*c = ' ';
	strcpy(stack, "-");
	if (!p->script)
		stack_of(p, info.instruction_pointer, info.stack_pointer, stack,
		    sizeof(stack));
	fprintf(out, "%s %s %s\n", line, what_for, stack);
}

/* Takes the site's number off its end. */
static void
aim(char *text)
{
	char *slash = strrchr(text, '/');

	if (!slash)
		die("a SITE has no number");
	*slash = '\0';
	site_n = (unsigned)atoi(slash + 1);
	site = text;
}

/* Whether each of P's calls is to stop P: not where SITE is another process's,
 * or behind us, as the stops are what a run takes most of its time for. */
static bool
followed(const struct process *p)
{
	const size_t id = strlen(p->id), program = strlen(p->program);

	if (!p->ours || !site)
		return p->ours;
	if (p->hits >= site_n)
		return p->spoiled;
	return strncmp(site, p->id, id) == 0 && site[id] == '/' &&
	       strncmp(site + id + 1, p->program, program) == 0 &&
	       site[id + 1 + program] == '/';
}

static void
go_on(struct process *p, enum __ptrace_request how, int sig)
{
	if (how == PTRACE_SYSCALL && !followed(p))
		how = PTRACE_CONT;
	ptrace(how, p->pid, 0, sig);
}

static void
forked(struct process *parent)
{
	struct process *p;
	unsigned long pid;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &pid) < 0)
		return;
	p = find((pid_t)pid);
	if (!p)
		p = add((pid_t)pid);
	born(p, parent);
	if (p->waits)
		go_on(p, PTRACE_SYSCALL, 0);
	p->waits = false;
}

/* Lets those go whose parent has been killed before it told of them. */
static void
let_orphans_go(void)
{
	char path[64];
	pid_t parent;
	FILE *f;

	for (struct process *p = processes; p; p = p->next) {
		if (!p->waits)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/stat", p->pid);
		f = fopen(path, "re");
		if (f && fscanf(f, "%*d (%*[^)]) %*c %d", &parent) == 1 &&
		    !find(parent)) {
			strcpy(p->id, "?");
			p->waits = false;
			go_on(p, PTRACE_CONT, 0);
		}
		if (f)
			fclose(f);
	}
}

/* Handles the stop STATUS of P. */
static void
stopped(struct process *p, int status)
{
	int event = status >> 16, sig = WSTOPSIG(status);

	if (!p->id[0]) {
		p->waits = true;
	} else if (event == PTRACE_EVENT_STOP) {
		/* A stop by a signal is to last. */
		go_on(p, sig == SIGTRAP ? PTRACE_SYSCALL : PTRACE_LISTEN, 0);
	} else if (event == PTRACE_EVENT_EXEC) {
		executed(p);
		go_on(p, PTRACE_SYSCALL, 0);
	} else if (event) {
		forked(p);
		go_on(p, PTRACE_SYSCALL, 0);
	} else if (sig == (SIGTRAP | 0x80)) {
		call(p);
		go_on(p, PTRACE_SYSCALL, 0);
	} else {
		go_on(p, PTRACE_SYSCALL, sig);
	}
}

static void
late(int sig)
{
	struct process *p;

	(void)sig;
	for (p = processes; p; p = p->next)
		kill(p->pid, SIGKILL);
	if (write(fileno(out), "late\n", 5) < 0)
		_exit(99);
}

static pid_t
begin(char *argv[])
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		raise(SIGSTOP);
		execvp(argv[0], argv);
		die(argv[0]);
	}
	if (waitpid(pid, &status, WUNTRACED) < 0 ||
	    ptrace(PTRACE_SEIZE, pid, 0,
		PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
		    PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
		    PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) < 0)
		die("ptrace");
	kill(pid, SIGCONT);
	return pid;
}

int
main(int argc, char *argv[])
{
	int c, status, result = 99;
	unsigned seconds = 20;
	struct process *p;
	pid_t pid, first;

	while ((c = getopt(argc, argv, "+cd:o:s:w:t:")) != -1) {
		if (c == 'c')
			scripts = true;
		else if (c == 'd')
			bindir = optarg;
		else if (c == 'o')
			out = fopen(optarg, "we");
		else if (c == 's')
			aim(optarg);
		else if (c == 'w')
			what = strtol(optarg, NULL, 10);
		else if (c == 't')
			seconds = (unsigned)atoi(optarg);
		else
			return 99;
	}
	if (!out || !bindir || !argv[optind])
		die("inject -d BINDIR -o LOG [-c] [-s SITE -w ERRNO] CMD...");
	first = begin(argv + optind);
	strcpy(add(first)->id, "0");
	signal(SIGALRM, late);
	alarm(seconds);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid < 0)
			continue;
		if (WIFSTOPPED(status)) {
			p = find(pid);
			stopped(p ? p : add(pid), status);
			continue;
		}
		drop(pid);
		let_orphans_go();
		if (pid == first)
			result = WIFEXITED(status) ? WEXITSTATUS(status)
						   : 128 + WTERMSIG(status);
	}
	return result;
}
