# park.py - the caller of ns-spawn --leave, and the one that starts a parked box
#   start SOCKET       connects, and prints the answer to its end
#   touch SOCKET       connects, and says and hears nothing
#   two SOCKET         two connections at once; prints both answers
#   console SOCKET CMD...
#                      hears the terminal that CMD sends to SOCKET, types "hello", and
#                      prints the status of CMD, whether the terminal blocks, and its
#                      output up to its end
#   adopt WORD... -- CMD...
#                      becomes CMD's subreaper, prints the status of CMD, and for each
#                      WORD: a socket is started and its answer printed; "children"
#                      prints their number; "reap" waits for one and prints its status;
#                      "touch:SOCKET" connects only
import ctypes, os, socket, subprocess, sys

def connect(path):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    return s

def try_connect(path):
    try:
        return connect(path)
    except ConnectionRefusedError:
        return None

def answer(s):
    try:
        return s.makefile().read()
    except ConnectionResetError:
        return "reset\n"

def console(path, cmd):
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen(1)
    child = subprocess.Popen(cmd, stdin=subprocess.DEVNULL)
    conn = s.accept()[0]
    text, fds, _, _ = socket.recv_fds(conn, 64, 4)
    print("fds", len(fds), "text", bool(text), "blocks", os.get_blocking(fds[0]))
    os.write(fds[0], b"hello\n")
    print("status", child.wait(), flush=True)
    try:
        while (data := os.read(fds[0], 4096)):
            print(data.decode().replace("\r", ""), end="", flush=True)
    except OSError:
        pass

verb, words = sys.argv[1], sys.argv[2:]
try:
    if verb == "start":
        print(answer(connect(words[0])), end="")
    elif verb == "console":
        console(words[0], words[1:])
    elif verb == "touch":
        connect(words[0]).close()
    elif verb == "two":
        for s in [try_connect(words[0]) for _ in range(2)]:
            print(repr(answer(s) if s else "refused"))
    else:
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
        cut = words.index("--")
        child = subprocess.Popen(words[cut + 1:])
        print("status", child.wait(), flush=True)
        for word in words[:cut]:
            if word == "children":
                print("children", len(open(f"/proc/self/task/{os.getpid()}/children").read().split()))
            elif word.startswith("touch:"):
                connect(word[6:]).close()
            elif word == "reap":
                print("reaped", os.waitstatus_to_exitcode(os.wait()[1]))
            else:
                print(answer(connect(word)), end="", flush=True)
except OSError as e:
    sys.exit(e.strerror)
