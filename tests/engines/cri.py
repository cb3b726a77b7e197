"""cri.py METHOD FIELDS [PATH]...: one call of the Kubernetes Container Runtime
Interface, runtime.v1.RuntimeService, on containerd's socket.

FIELDS is the request as JSON, by the numbers of cri-api's api.proto: {"1": "id",
"2": {"1": 5}}; lists are repeated fields.  Each PATH, such as 1.5.1, is a field of
the answer, and printed as a line."""
import json
import sys

import grpc


def varint(n):
    n &= 2**64 - 1
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def encode(value):
    if isinstance(value, str):
        return value.encode()
    out = b""
    for number, field in value.items():
        for v in field if isinstance(field, list) else [field]:
            if isinstance(v, int):
                out += varint(int(number) << 3) + varint(v)
            else:
                body = encode(v)
                out += varint(int(number) << 3 | 2) + varint(len(body)) + body
    return out


def decode(data):
    """The last value of each field, by its number."""
    at, fields = 0, {}

    def number():
        nonlocal at
        n = shift = 0
        while True:
            b = data[at]
            at += 1
            n |= (b & 127) << shift
            shift += 7
            if b < 128:
                return n

    while at < len(data):
        key = number()
        if key & 7 == 0:
            fields[key >> 3] = number()
        elif key & 7 == 2:
            size = number()
            fields[key >> 3] = data[at : at + size]
            at += size
        else:
            sys.exit("cri.py: wire type %d" % (key & 7))
    return fields


def main():
    method, fields, *paths = sys.argv[1:]
    with grpc.insecure_channel("unix:///run/containerd/containerd.sock") as channel:
        call = channel.unary_unary("/runtime.v1.RuntimeService/" + method, None, None)
        try:
            answer = call(encode(json.loads(fields)), timeout=30)
        except grpc.RpcError as e:
            sys.exit("cri.py: %s: %s" % (method, e.details()))
    for path in paths:
        value = answer
        for part in path.split("."):
            value = decode(value).get(int(part), b"") if isinstance(value, bytes) else b""
        print(value.decode() if isinstance(value, bytes) else value)


main()
