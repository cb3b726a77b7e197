# net.py - one end of a conversation, for the tests
#   serve tcp|udp ADDR PORT   answers "PEER-ADDRESS TEXT" to every TEXT
#   ask tcp|udp ADDR PORT [SECONDS [SOURCE-PORT]]
#                             prints the answer; 1 and a word if there is none
#   hold tcp|udp ADDR PORT    exits 0 if it may bind there, else 98
import socket, sys

verb, proto, addr, port = sys.argv[1:5]
s = socket.socket(socket.AF_INET6 if ":" in addr else socket.AF_INET,
    socket.SOCK_DGRAM if proto == "udp" else socket.SOCK_STREAM)
try:
    if verb == "hold":
        s.bind((addr, int(port)))
        proto == "udp" or s.listen()
    elif verb == "serve":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((addr, int(port)))
        proto == "udp" or s.listen()
        print("ready", flush=True)
        while proto == "udp":
            text, peer = s.recvfrom(2000)
            print(peer[0], text.decode(), flush=True)
            s.sendto(peer[0].encode() + b" " + text, peer)
        while True:
            c, peer = s.accept()
            c.sendall(peer[0].encode() + b" hello")
            c.close()
    else:
        len(sys.argv) > 6 and s.bind(("", int(sys.argv[6])))
        s.settimeout(float(sys.argv[5]) if len(sys.argv) > 5 else 3)
        s.connect((addr, int(port)))
        proto == "udp" and s.send(b"hello")
        print(s.recv(2000).decode())
except OSError as e:
    print(e.strerror or "timed out")
    sys.exit(98 if verb == "hold" else 1)
