# net.py - packets that a neighbour or a box would forge, for the tests
#   syn IF MAC SRC DST PORT    TCP to DST by way of MAC: SA, R, or - for silence
#   udp IF MAC SRC DST PORT    a datagram that says "forged"
#   garp IF ADDR...            "ADDR is me", asked and answered, to everybody
#   whohas IF SRC ADDR         ARP for ADDR: its MAC, or -
#   redirect IF MAC SRC DST VIA ME   ICMP: SRC tells ME that the way to DST is VIA
#   redirect6 IF MAC SRC DST VIA ME  the same by IPv6
#   ra IF                      a router, with a prefix to make an address from
#   na IF ADDR                 "ADDR is me", for IPv6
#   scan ADDR:PORT...          those that answer by TCP; [ADDR]:PORT for IPv6
import errno, os, select, socket, struct, sys, time
from socket import inet_aton, inet_pton, AF_INET6

EVERYBODY = b"\xff" * 6
WAIT = 0.5 * min(float(os.environ.get("SLACK", 1)), 4)


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def checksum(data):
    s = sum(struct.unpack("!%dH" % (len(data + b"\0") // 2), (data + b"\0")[: (len(data) + 1) // 2 * 2]))
    s = (s >> 16) + (s & 0xFFFF)
    return ~(s + (s >> 16)) & 0xFFFF


def summed(pseudo, data, at):
    return data[:at] + struct.pack("!H", checksum(pseudo + data)) + data[at + 2 :]


def ip4(src, dst, proto, data):
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(data), 1, 0, 64, proto, 0)
    return summed(b"", head + inet_aton(src) + inet_aton(dst), 10) + data


def pseudo4(src, dst, proto, size):
    return inet_aton(src) + inet_aton(dst) + struct.pack("!HH", proto, size)


def ip6(src, dst, proto, data, at):
    src, dst = inet_pton(AF_INET6, src), inet_pton(AF_INET6, dst)
    data = summed(src + dst + struct.pack("!II", len(data), proto), data, at)
    return struct.pack("!IHBB", 6 << 28, len(data), proto, 255) + src + dst + data


def icmp6(src, dst, data):
    return ip6(src, dst, 58, data, 2)


class Link:
    def __init__(self, name):
        self.s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.s.bind((name, 0))
        self.mac = self.s.getsockname()[4]

    def send(self, to, kind, data):
        self.s.send(to + self.mac + struct.pack("!H", kind) + data)

    # The result of `match` for the first frame that it knows; - if none comes.
    def answer(self, match):
        end = time.monotonic() + WAIT
        while (left := end - time.monotonic()) > 0:
            if select.select([self.s], [], [], left)[0]:
                if word := match(self.s.recv(2000)):
                    return word
        return "-"


def arp(link, op, src, dst, to=EVERYBODY):
    link.send(to, 0x0806, struct.pack("!HHBBH", 1, 0x0800, 6, 4, op) + link.mac + inet_aton(src) + to + inet_aton(dst))


verb, where, *args = sys.argv[1:]
if verb == "scan":
    # All at once: silence takes time.
    asked = {}
    for target in sys.argv[2:]:
        addr, _, port = target.rpartition(":")
        s = socket.socket(AF_INET6 if "[" in addr else socket.AF_INET)
        s.setblocking(False)
        to = socket.getaddrinfo(addr.strip("[]"), port)[0][4]
        if s.connect_ex(to) in (0, errno.EINPROGRESS):
            asked[s] = target
    end = time.monotonic() + WAIT
    answered = set()
    waiting = set(asked)
    while waiting and (left := end - time.monotonic()) > 0:
        for s in select.select([], waiting, [], left)[1]:
            waiting.remove(s)
            if s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                answered.add(s)
    print(*(target for s, target in asked.items() if s in answered))
    sys.exit()
link = Link(where)
if verb == "syn":
    to, src, dst, port = args
    data = struct.pack("!HHIIBBHHH", 4444, int(port), 1, 0, 0x50, 2, 1024, 0, 0)
    link.send(mac(to), 0x0800, ip4(src, dst, 6, summed(pseudo4(src, dst, 6, 20), data, 16)))

    def flags(f):
        if f[12:14] == b"\x08\0" and f[23] == 6 and f[26:30] == inet_aton(dst) and f[34:36] == struct.pack("!H", int(port)):
            return "SA" if f[47] == 0x12 else "R"

    print(link.answer(flags))
elif verb == "udp":
    to, src, dst, port = args
    data = struct.pack("!HHHH", 4444, int(port), 14, 0) + b"forged"
    if ":" in src:
        link.send(mac(to), 0x86DD, ip6(src, dst, 17, data, 6))
    else:
        link.send(mac(to), 0x0800, ip4(src, dst, 17, data))
elif verb == "garp":
    for addr in args:
        arp(link, 1, addr, addr)
        arp(link, 2, addr, addr)
elif verb == "whohas":
    src, addr = args
    arp(link, 1, src, addr)
    print(link.answer(lambda f: f[12:14] == b"\x08\x06" and f[21] == 2 and f[28:32] == inet_aton(addr) and f[22:28].hex(":")))
elif verb == "redirect":
    to, src, dst, via, me = args
    data = struct.pack("!BBH", 5, 1, 0) + inet_aton(via) + ip4(me, dst, 1, bytes(8))
    link.send(mac(to), 0x0800, ip4(src, me, 1, summed(b"", data, 2)))
elif verb == "redirect6":
    to, src, dst, via, me = args
    data = struct.pack("!BBHI", 137, 0, 0, 0) + inet_pton(AF_INET6, via) + inet_pton(AF_INET6, dst) + b"\2\1" + link.mac
    link.send(mac(to), 0x86DD, icmp6(src, me, data))
elif verb == "ra":
    prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 86400, 86400, 0) + inet_pton(AF_INET6, "2001:db8:bad::")
    data = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) + prefix + b"\1\1" + link.mac
    link.send(b"\x33\x33\0\0\0\1", 0x86DD, icmp6("fe80::bad", "ff02::1", data))
elif verb == "na":
    data = struct.pack("!BBHI", 136, 0, 0, 0xA0000000) + inet_pton(AF_INET6, args[0]) + b"\2\1" + link.mac
    link.send(b"\x33\x33\0\0\0\1", 0x86DD, icmp6(args[0], "ff02::1", data))
