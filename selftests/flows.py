#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Opens many flows from one host as fast as it can: UDP, TCP SYNs, pings.

usage: flows.py SOURCE UDP TCP ICMP

As many flows of each as told, to 198.51.100.1-20, none of them twice. Nobody
needs to answer. The packets are written by hand to raw sockets: real sockets
would cost minutes in an emulator.
"""
import socket
import struct
import sys

SERVERS = [socket.inet_aton("198.51.100.%d" % n) for n in range(1, 21)]
DEST_PORTS = 10


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pseudo(source, dest, proto, length):
    return source + dest + struct.pack("!BBH", 0, proto, length)


def udp(source, dest, sport, dport):
    head = struct.pack("!HHHH", sport, dport, 8, 0)
    total = checksum(pseudo(source, dest, 17, 8) + head) or 0xffff
    return head[:6] + struct.pack("!H", total)


def tcp(source, dest, sport, dport):
    head = struct.pack("!HHIIBBHHH", sport, dport, sport, 0, 0x50, 2, 64240, 0, 0)
    total = checksum(pseudo(source, dest, 6, 20) + head)
    return head[:16] + struct.pack("!HH", total, 0)


def icmp(_source, _dest, ident, _dport):
    head = struct.pack("!BBHHH", 8, 0, 0, ident, 1)
    return head[:2] + struct.pack("!H", checksum(head)) + head[4:]


def send(proto, make, source, count, dest_ports):
    """Each inner port sends to 10 or 20 of the peers, the next to others."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, proto)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    peers = len(SERVERS) * dest_ports
    for n in range(count):
        dport, server = divmod(n % peers, len(SERVERS))
        # All over the place, few of them in the set.
        sport = 1024 + n // min(20, peers // 2) * 7919 % 60000
        dest = SERVERS[server]
        packet = make(source, dest, sport, 8000 + dport)
        sock.sendto(packet, (socket.inet_ntoa(dest), 0))


def main(source, n_udp, n_tcp, n_icmp):
    source = socket.inet_aton(source)
    send(socket.IPPROTO_UDP, udp, source, int(n_udp), DEST_PORTS)
    send(socket.IPPROTO_TCP, tcp, source, int(n_tcp), DEST_PORTS)
    send(socket.IPPROTO_ICMP, icmp, source, int(n_icmp), 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
