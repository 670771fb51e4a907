"""A packet socket for a namespace: every packet of a shot, on every interface, in both directions (packet(7))."""

import base64
import errno
import socket
import struct
import time

from .packet import ETHERNET, arp

ETH_P_ALL, ETH_P_IP, ETH_P_ARP, ETH_P_IPV6 = 3, 0x0800, 0x0806, 0x86DD
SO_TIMESTAMPNS = 35  # asm-generic/socket.h
WITH_ETHERNET_HEADER = {1, 772}  # ARPHRD_ETHER, ARPHRD_LOOPBACK
DIRECTIONS = {socket.PACKET_OUTGOING: "out", socket.PACKET_OTHERHOST: "other-host"}
LONGEST = 1 << 16  # bytes of a frame; lo carries packets that large
NO_HEADER = {kind: bytes(12) + kind.to_bytes(2, "big") for kind in (ETH_P_IP, ETH_P_IPV6)}
CLOCK_PATIENCE = 1  # seconds
MOST = 5000  # packets a namespace


class Capture:
    """Must be made inside the namespace."""

    def __init__(self, netns, shots, keeps=False):
        """`keeps`: whole frames are told, too."""
        self.netns = netns
        self._keeps = keeps
        self.seen, self.arp = [], []
        self._shots = shots
        self._known = set()
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(ETH_P_ALL))
        # One clock for all namespaces of the machine: the order of sightings is the packet's path.
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)

    def drain(self):
        while len(self.seen) < MOST:
            try:
                frame, ancillary, _, where = self.socket.recvmsg(LONGEST, 64)
            except BlockingIOError:
                return
            except OSError as error:  # an interface went down: the socket says so once
                if error.errno != errno.ENETDOWN:
                    raise
                continue
            self._take(frame, ancillary, where)

    def _take(self, frame, ancillary, where):
        dev, protocol, kind, hardware, _ = where
        framed = hardware in WITH_ETHERNET_HEADER
        packet = frame[ETHERNET:] if framed else frame
        place = {"netns": self.netns, "dev": dev, "direction": DIRECTIONS.get(kind, "in")}
        if protocol == ETH_P_ARP:
            said = arp(packet)
            if said:
                self._arp({**place, **said})
        elif protocol in (ETH_P_IP, ETH_P_IPV6):
            found = self._shots.read(packet)
            if found:
                macs = {"toMac": frame[0:6].hex(":"), "fromMac": frame[6:12].hex(":")} if framed else {}
                whole = {"frame": base64.b64encode(frame if framed else NO_HEADER[protocol] + frame).decode()}
                self.seen.append({**place, "at": timestamp(ancillary), **found, **macs, **(whole if self._keeps else {})})

    def _arp(self, said):
        key = tuple(said.values())
        if key not in self._known and len(self._known) < MOST:
            self._known.add(key)
            self.arp.append(said)


def timestamp(ancillary):
    """Nanoseconds since 1970, as text: JSON's numbers are too short for them."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("qq", data[:16])
            return f"{seconds}{nanoseconds:09d}"
    return "0"


def await_clock():
    """The kernel stamps packets on their way only a moment after the first socket asked for it (net_enable_timestamp leaves
    that to a worker); until then they get the time at which they are read. Tried on a datagram of one's own, up to CLOCK_PATIENCE."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sock:
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        end = time.monotonic() + CLOCK_PATIENCE
        try:
            sock.bind(("127.0.0.1", 0))
            while time.monotonic() < end:
                sock.sendto(b"", sock.getsockname())
                sent = time.time_ns()
                time.sleep(0.001)
                if int(timestamp(sock.recvmsg(1, 64)[1])) <= sent:
                    return
        except OSError:  # no loopback here
            time.sleep(CLOCK_PATIENCE / 10)
