#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""IPv4 packets, made and judged by hand.

Checksums are computed from scratch, as the RFCs say, never adjusted: with_ends()
makes the packet a NAT has to make of another, and is the tests' oracle. Shares
nothing with the module.
"""
import socket
import struct

from flows import checksum, pseudo

ICMP, TCP, UDP, DCCP, SCTP, UDPLITE = 1, 6, 17, 33, 132, 136
NAMES = {"icmp": ICMP, "tcp": TCP, "udp": UDP, "dccp": DCCP, "sctp": SCTP, "udplite": UDPLITE}

# Where the checksum is.
SUM_AT = {ICMP: 2, TCP: 16, UDP: 6, DCCP: 6, SCTP: 8, UDPLITE: 6}

TCP_FLAGS = "FSRPAUEC"

# The identification by which lib.sh knows them.
CRAFTED = 12345


def crc32c(data):
    """Bit by bit (RFC 9260 appendix A: reflected, polynomial 0x1EDC6F41)."""
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _bit in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def covered(proto, l4):
    """How much of it the checksum is for (RFC 3828, RFC 4340 section 9.2)."""
    if proto == UDPLITE:
        return struct.unpack_from("!H", l4, 4)[0] or len(l4)
    if proto == DCCP and l4[5] & 15:
        return l4[4] * 4 + (l4[5] & 15) * 4 - 4
    return len(l4)


def summed(proto, src, dst, l4):
    """With its checksum; src and dst are addresses of 4 octets."""
    at = SUM_AT.get(proto)
    if at is None:
        return l4
    if proto == SCTP:
        crc = crc32c(l4[:at] + bytes(4) + l4[at + 4:])
        return l4[:at] + struct.pack("<I", crc) + l4[at + 4:]
    data = (l4[:at] + bytes(2) + l4[at + 2:])[:covered(proto, l4)]
    if proto != ICMP:
        data = pseudo(src, dst, proto, len(l4)) + data
    total = checksum(data)
    if not total and proto in (UDP, UDPLITE):
        total = 0xffff
    return l4[:at] + struct.pack("!H", total) + l4[at + 2:]


def header_summed(head):
    return head[:10] + struct.pack("!H", checksum(head[:10] + bytes(2) + head[12:])) + head[12:]


def ipv4(proto, src, dst, l4, ttl=64, ident=CRAFTED, flags=0x4000, options=b"", tos=0):
    """flags are all 16 bits of flags and fragment offset; by default, DF."""
    head = struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, tos, 20 + len(options) + len(l4),
                       ident, flags, ttl, proto, 0, socket.inet_aton(src), socket.inet_aton(dst))
    return header_summed(head + options) + l4


def ipv6(src, dst, next_header, payload):
    return struct.pack("!IHBB16s16s", 6 << 28, len(payload), next_header, 64,
                       socket.inet_pton(socket.AF_INET6, src),
                       socket.inet_pton(socket.AF_INET6, dst)) + payload


def transport(proto, src, dst, l4, **header):
    """A packet with its transport checksum."""
    return ipv4(proto, src, dst, summed(proto, socket.inet_aton(src), socket.inet_aton(dst), l4),
                **header)


def tcp(sport, dport, flags, seq=0, ack=0, window=64240, options=b"", data=b"", urgent=0):
    bits = sum(1 << TCP_FLAGS.index(flag) for flag in flags)
    return struct.pack("!HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff,
                       (5 + len(options) // 4) << 4, bits, window, 0, urgent) + options + data


def udp(sport, dport, data=b""):
    return struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data


def udplite(sport, dport, data=b"", coverage=0):
    return struct.pack("!HHHH", sport, dport, coverage, 0) + data


def echo(ident, data=b"", reply=False):
    return struct.pack("!BBHHH", 0 if reply else 8, 0, 0, ident, 1) + data


def icmp(kind, code, rest=bytes(4), body=b""):
    data = struct.pack("!BBH", kind, code, 0) + rest + body
    return summed(ICMP, b"", b"", data)


def sctp(sport, dport, chunk, data=b"", tag=0x1234):
    """One chunk, its value padded to words."""
    return (struct.pack("!HHII", sport, dport, tag, 0) +
            struct.pack("!BBH", chunk, 0, 4 + len(data)) + data + bytes(-len(data) % 4))


def dccp(sport, dport, kind, data=b"", coverage=0):
    """With long sequence numbers; a request and a response have a service code."""
    more = b"" if kind == 0 else bytes(8)
    if kind in (0, 1):
        more += b"MAPE"
    return struct.pack("!HHBBHBB6s", sport, dport, 4 + len(more) // 4, coverage, 0,
                       kind << 1 | 1, 0, bytes(6)) + more + data


def head_of(packet):
    return packet[:(packet[0] & 15) * 4]


def l4_of(packet):
    return packet[(packet[0] & 15) * 4:]


def address(packet, which):
    """Its `src` or `dst`."""
    return socket.inet_ntoa(packet[12:16] if which == "src" else packet[16:20])


def ports(packet):
    """Source and destination port; both are the identifier in a query."""
    l4 = l4_of(packet)
    if packet[9] == ICMP:
        return struct.unpack_from("!H", l4, 4) * 2
    return struct.unpack_from("!HH", l4)


def is_right(packet):
    """Are both checksums?"""
    head, l4 = head_of(packet), l4_of(packet)
    if checksum(head):
        return False
    if packet[9] == UDP and l4[6:8] == bytes(2):
        return True
    return summed(packet[9], packet[12:16], packet[16:20], l4) == l4


def read_error(packet):
    """Its source and destination; type, code and what follows; what it quotes."""
    assert packet[9] == ICMP and is_right(packet), packet.hex()
    data = l4_of(packet)
    return address(packet, "src"), address(packet, "dst"), (data[0], data[1], data[4:8]), data[8:]


def with_ttl(packet, ttl):
    head = head_of(packet)
    return header_summed(head[:8] + bytes([ttl]) + head[9:]) + l4_of(packet)


def with_ends(packet, src=None, sport=None, dst=None, dport=None, ttl=None):
    """The same packet with other ends, all checksums computed anew.

    A UDP checksum of 0 stays. The port of an ICMP query is its identifier.
    """
    head, l4, proto = head_of(packet), l4_of(packet), packet[9]
    src = socket.inet_aton(src) if src else packet[12:16]
    dst = socket.inet_aton(dst) if dst else packet[16:20]
    head = head[:12] + src + dst + head[20:]
    unsummed = proto == UDP and l4[6:8] == bytes(2)
    for port, at in ((sport, 0), (dport, 2)):
        if port is not None and proto in SUM_AT:
            at = 4 if proto == ICMP else at
            l4 = l4[:at] + struct.pack("!H", port) + l4[at + 2:]
    if not unsummed:
        l4 = summed(proto, src, dst, l4)
    if ttl is not None:
        head = head[:8] + bytes([ttl]) + head[9:]
    return header_summed(head) + l4
