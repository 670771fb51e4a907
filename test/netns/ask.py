"""Sends one datagram from a source port of one's own and prints what came back: `ask.py ADDRESS PORT SOURCE_PORT`."""
import socket
import sys

address, port, source = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.bind(("", source))
    sock.settimeout(0.5)
    sock.connect((address, port))
    try:
        sock.send(b"who")
        print(sock.recv(1 << 12).decode())
    except OSError as error:
        print(error)
