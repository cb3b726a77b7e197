# loopback.py - a box against the host's loopback, for the tests
#   serve PORT      TCP and UDP on 127.0.0.1 and ::1; prints who came
#   try PORT LINK   sends to all that may lead there, by every way; prints answers
import errno, os, socket, sys, threading, time
from socket import AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM

verb, port = sys.argv[1], int(sys.argv[2])


def serve(family, kind, addr):
    s = socket.socket(family, kind)
    s.bind((addr, port))
    kind == SOCK_STREAM and s.listen()
    ready.release()
    while True:
        text, peer = s.accept() if kind == SOCK_STREAM else s.recvfrom(200)
        print("REACHED", addr, kind, peer, text, flush=True)
        s.sendto(b"secret", peer) if kind == SOCK_DGRAM else text.close()


def attempt(addr, link, source, kind):
    family = AF_INET6 if ":" in addr else AF_INET
    s = socket.socket(family, kind)
    s.settimeout(0.3 * float(os.environ.get("SLACK", 1)))
    try:
        if link in options:
            s.setsockopt(socket.IPPROTO_IPV6, *options[link])
        elif link:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        source and s.bind((source, 0))
        scope = socket.if_nametoindex(sys.argv[3]) if addr[:2] in ("fe", "ff") else 0
        s.connect((addr, port, 0, scope) if family == AF_INET6 else (addr, port))
        s.send(b"from the box")
        print("ANSWER", addr, link, source, s.recv(10))
    except OSError:
        pass


if verb == "serve":
    ready = threading.Semaphore(0)
    for family, addr in (AF_INET, "127.0.0.1"), (AF_INET6, "::1"):
        for kind in SOCK_STREAM, SOCK_DGRAM:
            threading.Thread(target=serve, args=(family, kind, addr), daemon=True).start()
            ready.acquire()
    print("ready", flush=True)
    time.sleep(1000)
FOUR = "127.0.0.1 0.0.0.0 10.0.0.1 10.0.0.2 10.0.0.255 169.254.1.1 169.254.1.2 255.255.255.255 224.0.0.1"
SIX = "::1 :: ::ffff:127.0.0.1 fd62:6f78::1 fd62:6f78::2 fe80::1 ff02::1"
# Of IPv6: IPV6_UNICAST_IF, and an address that goes with each packet.
index = socket.if_nametoindex(sys.argv[3])
options = {
    "unicast": (76, index.to_bytes(4, "big")),
    "pktinfo": (socket.IPV6_PKTINFO, bytes(16) + index.to_bytes(4, sys.byteorder)),
}
tries = [
    threading.Thread(target=attempt, args=(addr, link, source, kind))
    for addr in (FOUR + " " + SIX).split()
    for link in (None, sys.argv[3], *(options if ":" in addr else ()))
    for source in (None, "::1" if ":" in addr else "127.0.0.1")
    for kind in (SOCK_STREAM, SOCK_DGRAM)
]
[t.start() for t in tries]
[t.join() for t in tries]
# A routing header with that first hop: the packet leaves the box for it.  An
# older pasta takes the header for the one of TCP.
for hop in "::1", "::", "::ffff:127.0.0.1":
    for link in "", sys.argv[3]:
        s = socket.socket(AF_INET6, SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())
        header = bytes((0, 4, 4, 1, 1, 0, 0, 0)) + bytes(16) + socket.inet_pton(AF_INET6, hop)
        try:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RTHDR, header)
            s.sendto(b"x", ("2001:db8::2", port))
            # Without its link the socket has lo for ::1.
            if link or hop != "::1":
                print("LEFT for", hop, link)
        except OSError as e:
            e.errno == errno.EACCES or print("LEFT?", hop, link, e)
