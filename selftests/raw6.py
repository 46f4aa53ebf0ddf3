#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Sends one IPv6 packet that nobody's kernel would.

usage: raw6.py udp4 SOURCE6 DEST6 SOURCE4 PORT DEST4 PORT
       raw6.py too-big SOURCE6 DEST6 MTU QUOTED-DEST6
       raw6.py next SOURCE6 DEST6 NEXT-HEADER

udp4     UDP in IPv4 in IPv6
too-big  the ICMPv6 error; it quotes such a packet from DEST6 to QUOTED-DEST6
next     four octets of nothing behind that next header. Waits for an ICMPv6
         error that quotes it, and prints its type and code, or `none`
"""
import socket
import struct
import sys
import time

from flows import checksum, pseudo


def address6(text):
    return socket.inet_pton(socket.AF_INET6, text)


def ipv6(source, dest, next_header, payload):
    return struct.pack("!IHBB16s16s", 6 << 28, len(payload), next_header, 64,
                       source, dest) + payload


def udp4(source, sport, dest, dport):
    source, dest = socket.inet_aton(source), socket.inet_aton(dest)
    udp = struct.pack("!HHHH", sport, dport, 13, 0) + b"hello"
    total = checksum(pseudo(source, dest, 17, len(udp)) + udp) or 0xffff
    udp = udp[:6] + struct.pack("!H", total) + udp[8:]
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0x4000, 64, 17, 0, source, dest)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + udp


def too_big(source, dest, mtu, quoted):
    data = struct.pack("!BBHI", 2, 0, 0, mtu) + quoted
    total = checksum(source + dest + struct.pack("!II", len(data), 58) + data)
    return data[:2] + struct.pack("!H", total) + data[4:]


def send(packet, dest):
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
        sock.sendto(packet, (dest, 0))


def answer_to(packet, dest):
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as sock:
        send(packet, dest)
        end = time.monotonic() + 2
        while time.monotonic() < end:
            sock.settimeout(max(0.01, end - time.monotonic()))
            try:
                data = sock.recv(2048)
            except socket.timeout:
                break
            # The traffic class and the hop limit may differ.
            if data[0] < 128 and data[12:15] == packet[4:7] and data[16:] == packet[8:]:
                return "%d %d" % (data[0], data[1])
    return "none"


def main(what, source, dest, *args):
    source6, dest6 = address6(source), address6(dest)
    if what == "udp4":
        source4, sport, dest4, dport = args
        send(ipv6(source6, dest6, 4, udp4(source4, int(sport), dest4, int(dport))), dest)
    elif what == "too-big":
        mtu, quoted_dest = args
        quoted = ipv6(dest6, address6(quoted_dest), 4, udp4("192.0.2.18", 4928, "198.51.100.1", 9))
        send(ipv6(source6, dest6, 58, too_big(source6, dest6, int(mtu), quoted)), dest)
    else:
        print(answer_to(ipv6(source6, dest6, int(args[0]), b"\0" * 4), dest))


if __name__ == "__main__":
    main(*sys.argv[1:])
