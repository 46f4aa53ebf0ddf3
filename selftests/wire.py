#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Judges what a customer edge sent and got, from a capture on its WAN.

usage: wire.py PCAP CE6 BR6 CE4 a,k,PSID

Each packet the customer edge sent must be IPv4-in-IPv6 to the border relay,
with no extension header, hop limit 64, DSCP 0 and the inner ECN (RFC 7597
section 5.4, RFC 2473, RFC 6040), and its inner source must be the shared
address and a port, or ICMP identifier, of the port set. What is wrong goes to
standard error, a summary as JSON to standard output:
    sent[proto], received[proto]   packets
    ports[proto]                   different source ports
    flows[proto]                   different sources and destinations
    missing[proto]                 how many ports of the set were not seen
    wrong                          packets with something wrong
Neighbour discovery is looked over, and so is what others sent.
"""
import collections
import ipaddress
import json
import struct
import sys

from portset import port_set

NAMES = {1: "icmp", 6: "tcp", 17: "udp"}


def frames(path):
    with open(path, "rb") as pcap:
        data = pcap.read()
    assert data[:4] == b"\xd4\xc3\xb2\xa1", "not a pcap of this machine"
    assert struct.unpack_from("<I", data, 20)[0] == 1, "not Ethernet"
    at = 24
    while at + 16 <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        at += 16
        yield data[at:at + size]
        at += size


def source_port(inner, proto):
    """Source port and destination port; an identifier is both."""
    at = (inner[0] & 15) * 4
    if proto == 1:
        if inner[at] not in (0, 8):
            return None
        return struct.unpack_from("!H", inner, at + 4)[0], 0
    return struct.unpack_from("!HH", inner, at)


def faults(outer, inner, br6, ce4, ports, seen):
    """All that is wrong with one packet of the customer edge."""
    tclass = (outer[0] & 15) << 4 | outer[1] >> 4
    if outer[6] != 4:
        yield "next header %d" % outer[6]
        return
    if outer[24:40] != br6:
        yield "outer destination %s" % ipaddress.ip_address(outer[24:40])
    if outer[7] != 64:
        yield "hop limit %d" % outer[7]
    if tclass >> 2:
        yield "DSCP %d" % (tclass >> 2)
    if tclass & 3 != inner[1] & 3:
        yield "ECN %d around %d" % (tclass & 3, inner[1] & 3)
    if struct.unpack_from("!H", outer, 4)[0] != struct.unpack_from("!H", inner, 2)[0]:
        # A super-packet of 64 kB and more has 0 in one of them.
        if struct.unpack_from("!H", outer, 4)[0] and struct.unpack_from("!H", inner, 2)[0]:
            yield "outer and inner length differ"
    if inner[12:16] != ce4:
        yield "inner source %s" % ipaddress.ip_address(inner[12:16])
    proto = inner[9]
    found = source_port(inner, proto) if proto in NAMES else None
    if not found:
        yield "protocol %d without a port" % proto
        return
    if found[0] not in ports:
        yield "%s source port %d" % (NAMES[proto], found[0])
    seen[NAMES[proto]][found[0], inner[16:20], found[1]] += 1


def main(path, ce6, br6, ce4, psid):
    ce6, br6, ce4 = (ipaddress.ip_address(a).packed for a in (ce6, br6, ce4))
    ports = port_set(*map(int, psid.split(",")))
    seen = {name: collections.Counter() for name in NAMES.values()}
    received = collections.Counter()
    wrong = 0
    for frame in frames(path):
        outer = frame[14:54]
        inner = frame[54:]
        if frame[12:14] != b"\x86\xdd" or outer[6] == 58:
            continue
        if outer[8:24] == br6 and outer[24:40] == ce6 and outer[6] == 4:
            received[NAMES.get(inner[9], "other")] += 1
        if outer[8:24] != ce6:
            continue
        for fault in faults(outer, inner, br6, ce4, ports, seen):
            wrong += 1
            if wrong <= 20:
                print(fault, frame[:94].hex(), file=sys.stderr)
    used = {name: {flow[0] for flow in flows} for name, flows in seen.items()}
    json.dump({
        "sent": {name: sum(flows.values()) for name, flows in seen.items()},
        "received": received,
        "ports": {name: len(u) for name, u in used.items()},
        "flows": {name: len(flows) for name, flows in seen.items()},
        "missing": {name: len(ports - u) for name, u in used.items()},
        "wrong": wrong,
    }, sys.stdout)
    print()


if __name__ == "__main__":
    main(*sys.argv[1:])
