"""The servers of many namespaces in one process: each says who it is and whom it saw, as lab-scripts/node/pod/bin/serve does.

Standard input, one line: [{"netns", "protocol": "tcp" | "udp", "port", "identity"}]. Says "ready" once all listen;
ends with its standard input.
"""

import ctypes
import json
import os
import select
import signal
import socket
import struct
import sys

IP_PKTINFO, IPV6_RECVPKTINFO, IPV6_PKTINFO = 8, 49, 50  # linux/in.h, linux/in6.h
signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for who started this
libc = ctypes.CDLL(None, use_errno=True)
epoll = select.epoll()
handlers = {}


def enter(name):
    fd = os.open(f"/run/netns/{name}", os.O_RDONLY)
    if libc.setns(fd, 0x40000000):
        sys.exit(f"setns: {os.strerror(ctypes.get_errno())}")
    os.close(fd)


def watch(sock, handler):
    epoll.register(sock.fileno(), select.EPOLLIN)
    handlers[sock.fileno()] = (sock, handler)


def forget(sock):
    epoll.unregister(sock.fileno())
    del handlers[sock.fileno()]
    sock.close()


EVERYWHERE = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}


def answer(identity, client):
    return json.dumps({"server": identity, "client": client[0], "clientPort": client[1]}).encode()


def serve_tcp(family, port, identity):
    listener = socket.create_server((EVERYWHERE[family], port), family=family, backlog=128)

    def accepted(_):
        sock, client = listener.accept()
        asked = bytearray()

        def readable(_):
            try:
                piece = sock.recv(4096)
                asked.extend(piece)
                if piece and b"\r\n\r\n" not in asked:
                    return
                if piece:
                    sock.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + answer(identity, client))
            except OSError:
                pass  # the client is gone
            forget(sock)

        watch(sock, readable)

    watch(listener, accepted)


def serve_udp(family, port, identity):
    sock = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
        level, told = socket.IPPROTO_IPV6, IPV6_PKTINFO
    else:
        sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        level, told = socket.IPPROTO_IP, IP_PKTINFO
    sock.bind((EVERYWHERE[family], port))

    def readable(_):
        _, ancillary, _, client = sock.recvmsg(2048, 64)
        # Answers from the address that was asked, which need not be the one that the route would choose.
        info = next(data for _, kind, data in ancillary if kind == told)
        own = struct.pack("16sI", info[:16], 0) if family == socket.AF_INET6 else struct.pack("I4s4s", 0, info[8:12], b"\0" * 4)
        try:
            sock.sendmsg([answer(identity, client)], [(level, told, own)], 0, client)
        except OSError:
            pass  # no way back

    watch(sock, readable)


for one in json.loads(sys.stdin.readline()):
    enter(one["netns"])
    for family in EVERYWHERE:
        (serve_tcp if one["protocol"] == "tcp" else serve_udp)(family, one["port"], one["identity"])
print("ready", flush=True)

epoll.register(0, select.EPOLLIN | select.EPOLLHUP)
while True:
    for fd, _ in epoll.poll():
        if fd == 0:
            if not os.read(0, 4096):
                os._exit(0)
            continue
        sock, handler = handlers.get(fd, (None, None))
        if handler:
            handler(sock)
