# terminal.py CMD... - runs CMD on a terminal of its own and follows the script on
# standard input, a line each:
#   send TEXT     types it (escapes as in Python; no newline of its own)
#   expect TEXT   waits for it, after all that was matched before
#   size ROWS COLS   of the window
#   hang          ends the terminal's life, as one that is closed
#   end STATUS    waits for CMD's end
# A deadline (20 s, times SLACK) ends it with status 1 and the transcript.
import fcntl, os, pty, select, struct, sys, termios, time

script = [line.rstrip("\n") for line in sys.stdin if line.strip()]
patience = 20 * float(os.environ.get("SLACK", 1))
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen, at = b"", 0


def fail(why):
    sys.stderr.write(why + "; the terminal shows:\n" + repr(seen) + "\n")
    os.kill(pid, 9)
    sys.exit(1)


def pump(deadline):
    global seen
    if time.monotonic() > deadline:
        return False
    if select.select([fd], [], [], 0.1)[0]:
        try:
            seen += os.read(fd, 65536)
        except OSError:  # EIO: nobody has the other end
            time.sleep(0.01)
    return True


def size(rows, cols):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(cols), 0, 0))


size(24, 80)
for line in script:
    verb, _, rest = line.partition(" ")
    end = time.monotonic() + patience
    text = rest.encode().decode("unicode_escape").encode("latin-1")
    if verb == "send":
        os.write(fd, text)
        # The kernel first sends the signal and then flushes later keys, which
        # only a program is fast enough to lose.
        if text in (b"\x03", b"\x1a"):
            time.sleep(0.2)
    elif verb == "size":
        size(*rest.split())
    elif verb == "hang":
        os.close(fd)
        fd = os.open("/dev/null", os.O_RDWR)
    elif verb == "expect":
        while (i := seen.find(text, at)) < 0:
            if not pump(end):
                fail("no %r" % rest)
        at = i + len(text)
    elif verb == "end":
        while (w := os.waitpid(pid, os.WNOHANG))[0] == 0:
            if not pump(end):
                fail("it does not end")
        if (got := os.waitstatus_to_exitcode(w[1])) != int(rest):
            fail("status %d, not %s" % (got, rest))
        sys.exit(0)
    else:
        fail("what is " + verb)
os.kill(pid, 9)
