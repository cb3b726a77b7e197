# terminal.py FILE CMD... - runs CMD in the foreground of a terminal of its own
#
# What the terminal shows goes to standard output. FILE is there at the end if the
# terminal's settings, or its foreground group, are others than before.
import fcntl, os, pty, struct, sys, termios

file, command = sys.argv[1], sys.argv[2:]
if os.path.exists(file):
    os.remove(file)
err = os.dup(2)
pid, master = pty.fork()
if pid == 0:
    os.dup2(err, 2)
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    before = termios.tcgetattr(0), os.tcgetpgrp(0)
    status = os.waitstatus_to_exitcode(os.waitpid(os.spawnvp(os.P_NOWAIT, command[0], command), 0)[1])
    after = termios.tcgetattr(0), os.tcgetpgrp(0)
    if after != before:
        open(file, "w").close()
    os._exit(status if status >= 0 else 128 - status)
try:
    while text := os.read(master, 65536):
        os.write(1, text.replace(b"\r", b""))
except OSError:  # EIO: nobody has the other end
    pass
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(status if status >= 0 else 128 - status)
