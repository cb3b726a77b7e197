# default.profile - the system calls of a box
#
# At least as strict as docker's default of 2026 and, beyond that: no new user
# namespace by any way, no TIOCSTI and TIOCLINUX, sockets of the usual families
# only.  A line is
#
#     VERDICT CALL... [if argN [& MASK] = VALUE... [and argN ...]]
#
# and the first fitting line of a call decides.  VERDICT is "allow"; an
# error; or a capability, CAP or CAP:ERROR: allowed to a box that keeps it, an
# error (EPERM) without it.  A condition is about the low 32 bits of an argument;
# in the lines below the kernel reads no others.  Never write one for a pointer or
# a length.  CALL=NUMBER is for calls that are newer than the
# libseccomp that resolves the names; their numbers are the same everywhere.
# old_mmap=90 is the call that i386 names mmap: its arguments lie in memory.
# A call without a line is refused with EPERM, a call newer than this table with
# ENOSYS: a libc probes for newer calls.

ENOSYS from 468

# Files
allow access chdir chmod chown chown32 close close_range copy_file_range creat
allow dup dup2 dup3 faccessat faccessat2 fadvise64 fadvise64_64 fallocate
allow fanotify_mark fchdir fchmod fchmodat fchmodat2=452 fchown fchown32
allow fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fremovexattr
allow fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate
allow ftruncate64 futimesat getcwd getdents getdents64 getxattr getxattrat=464
allow inotify_add_watch inotify_init inotify_init1 inotify_rm_watch lchown
allow lchown32 lgetxattr link linkat listmount=458 listxattr listxattrat=465
allow llistxattr _llseek lremovexattr lseek lsetxattr lstat lstat64 mkdir
allow mkdirat mknod mknodat name_to_handle_at newfstatat open openat openat2
allow pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink
allow readlinkat readv removexattr removexattrat=466 rename renameat renameat2
allow rmdir sendfile sendfile64 setxattr setxattrat=463 splice stat stat64
allow statfs statfs64 statmount=457 statx symlink symlinkat sync
allow sync_file_range syncfs tee truncate truncate64 umask unlink unlinkat
allow utime utimensat utimensat_time64 utimes vmsplice write writev

# Characters pushed into the input of a terminal that the caller may share; and
# line disciplines, bridges and VLANs, for which the kernel loads modules
EPERM ioctl if arg1 = 0x5412 0x541c
EPERM ioctl if arg1 = 0x5423
NET_ADMIN ioctl if arg1 = 0x8940 0x8941 0x89a0 0x89a1 0x8982 0x8983
# Keys and policies of fscrypt, and fsverity, with a cipher or digest from a module
EPERM ioctl if arg1 = 0xc0506617 0x800c6613 0x40806685
allow ioctl

# Waiting for descriptors
allow epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait
allow epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 _newselect pipe
allow pipe2 poll ppoll ppoll_time64 pselect6 pselect6_time64 select signalfd
allow signalfd4 timerfd_create timerfd_gettime timerfd_gettime64
allow timerfd_settime timerfd_settime64
allow io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64
allow io_setup io_submit

# Memory
#
# Huge pages are one pool of the host's, which no limit of memory counts:
# MAP_HUGETLB, MFD_HUGETLB, SHM_HUGETLB.  A program goes on as on a host without
# such pages.
IPC_LOCK:ENOMEM mmap mmap2 if arg3 & 0x40000 = 0x40000
IPC_LOCK:ENOMEM memfd_create if arg1 & 4 = 4
IPC_LOCK:ENOMEM shmget if arg2 & 0x800 = 0x800
# i386: the flags of old_mmap lie in memory, and a libc takes mmap2; call 23 of
# ipc is shmget.
IPC_LOCK:ENOSYS old_mmap=90
IPC_LOCK:ENOMEM ipc if arg0 & 0xffff = 23 and arg3 & 0x800 = 0x800
allow brk cachestat=451 madvise map_shadow_stack=453 membarrier memfd_create
allow memfd_secret mincore mlock mlock2 mlockall mmap mmap2 mprotect mremap
allow mseal=462 msync munlock munlockall munmap pkey_alloc pkey_free
allow pkey_mprotect remap_file_pages

# Processes and threads
allow arch_prctl capget capset execve execveat exit exit_group fork futex
allow futex_requeue=456 futex_time64 futex_wait=455 futex_waitv=449
allow futex_wake=454 getcpu getegid getegid32 geteuid geteuid32 getgid getgid32
allow getgroups getgroups32 getpgid getpgrp getpid getppid getpriority
allow getresgid getresgid32 getresuid getresuid32 getrlimit get_robust_list
allow getrusage get_thread_area gettid getuid getuid32 ioprio_get
allow ioprio_set kill landlock_add_rule landlock_create_ruleset
allow landlock_restrict_self modify_ldt pause pidfd_open pidfd_send_signal prctl
allow prlimit64 process_mrelease process_vm_readv process_vm_writev ptrace
allow restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask
allow rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
allow rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_getaffinity sched_getattr
allow sched_getparam sched_get_priority_max sched_get_priority_min
allow sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64
allow sched_setaffinity sched_setattr sched_setparam sched_setscheduler
allow sched_yield seccomp setfsgid setfsgid32 setfsuid setfsuid32 setgid
allow setgid32 setgroups setgroups32 setpgid setpriority setregid setregid32
allow setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit
allow set_robust_list setsid set_thread_area set_tid_address setuid setuid32
allow sigaltstack sigprocmask sigreturn tgkill tkill ugetrlimit vfork wait4 waitid waitpid

# No new namespace: CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID and NET.  The flags
# of clone3 lie in memory, which a filter cannot read; after ENOSYS a libc takes
# clone.
allow clone if arg0 & 0x7e020000 = 0
SYS_ADMIN clone setns unshare
SYS_ADMIN:ENOSYS clone3

# PER_LINUX, PER_LINUX32, both with UNAME26, and the question which it is
allow personality if arg0 = 0 8 0x20000 0x20008 0xffffffff

# Time
allow adjtimex alarm clock_adjtime clock_adjtime64 clock_getres
allow clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep
allow clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time
allow timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64
allow timer_settime timer_settime64 times
SYS_TIME clock_settime clock_settime64 settimeofday stime

# Network.  For a missing family, type or protocol the kernel loads a module, on
# the host and at the host's cost.  So these stay: AF_UNIX;
# INET and INET6 with TCP, UDP, ICMP and raw sockets; NETLINK for routes and
# events, all of it with NET_ADMIN; PACKET with NET_RAW.
allow socket if arg0 = 1
allow socket if arg0 = 2 10 and arg1 & 0xf = 1 and arg2 = 0 6
allow socket if arg0 = 2 and arg1 & 0xf = 2 and arg2 = 0 1 17
allow socket if arg0 = 10 and arg1 & 0xf = 2 and arg2 = 0 17 58
allow socket if arg0 = 2 10 and arg1 & 0xf = 3
EPROTONOSUPPORT socket if arg0 = 2 10 and arg1 & 0xf = 1 2
ESOCKTNOSUPPORT socket if arg0 = 2 10
allow socket if arg0 = 16 and arg2 = 0 15
NET_ADMIN:EPROTONOSUPPORT socket if arg0 = 16
NET_RAW socket if arg0 = 17
EAFNOSUPPORT socket
allow socketpair if arg0 = 1
EOPNOTSUPP socketpair
# TCP_AO_ADD_KEY takes the name of a digest
ENOPROTOOPT setsockopt if arg1 = 6 and arg2 = 38
allow accept accept4 bind connect getpeername getsockname getsockopt listen
allow recv recvfrom recvmmsg recvmmsg_time64 recvmsg send sendmmsg sendmsg
allow sendto setsockopt shutdown
# i386: SYS_SOCKET, SYS_SOCKETPAIR and SYS_SETSOCKOPT have their arguments in
# memory, and the calls of these names exist since 4.3.
ENOSYS socketcall if arg0 = 1 8 14
allow socketcall

# System V and POSIX IPC
allow ipc mq_getsetattr mq_notify mq_open mq_timedreceive
allow mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink msgctl
allow msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64
allow shmat shmctl shmdt shmget

# The rest
allow getrandom sysinfo uname
allow arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls
allow sync_file_range2

# Opened by a capability
BPF bpf
DAC_READ_SEARCH open_by_handle_at
PERFMON perf_event_open
SYS_ADMIN fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie
SYS_ADMIN lsm_get_self_attr=459 lsm_list_modules=461 lsm_set_self_attr=460 mount
SYS_ADMIN mount_setattr move_mount open_tree pivot_root quotactl quotactl_fd
SYS_ADMIN setdomainname sethostname umount umount2
SYS_BOOT reboot
SYS_CHROOT chroot
SYS_MODULE delete_module finit_module init_module
SYS_NICE get_mempolicy mbind set_mempolicy set_mempolicy_home_node=450
SYS_PACCT acct
SYS_PTRACE kcmp pidfd_getfd process_madvise
SYS_RAWIO ioperm iopl
SYS_TTY_CONFIG vhangup
SYSLOG syslog
