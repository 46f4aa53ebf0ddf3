#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Sends to many destinations, and judges to which MAP address each packet went.

usage: fmr.py send SOURCE DESTINATION...
       fmr.py judge PCAP CE6 BR6 rfc7597|draft03 RULE...

A DESTINATION is udp|tcp|icmp,ADDRESS,PORT for one packet, or PREFIX4,COUNT for
as many UDP packets to random addresses and ports in it. A RULE is what `fmr`
has, PREFIX6,PREFIX4,EA-LENGTH,OFFSET.

This is the tests' oracle for RFC 7597 sections 5.1, 5.3 and 6, written with
strings of bits to be hard to get wrong; it shares nothing with the module.
Prints JSON, `to` being the number of packets to the relay and by each rule,
`wrong` those that went elsewhere. These are on standard error.
"""
import ipaddress
import json
import random
import socket
import struct
import sys

from flows import icmp, tcp, udp
from wire import frames

PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17}
MAKERS = {"icmp": icmp, "tcp": tcp, "udp": udp}


def destinations(words):
    for word in words:
        fields = word.split(",")
        if len(fields) == 3:
            yield fields[0], ipaddress.ip_address(fields[1]), int(fields[2])
            continue
        net = ipaddress.ip_network(fields[0])
        for _n in range(int(fields[1])):
            yield "udp", net[random.randrange(net.num_addresses)], random.randrange(1, 65536)


def send(source, *words):
    random.seed(7597)
    source = socket.inet_aton(source)
    socks = {name: socket.socket(socket.AF_INET, socket.SOCK_RAW, number)
             for name, number in PROTOCOLS.items()}
    for proto, dest, port in destinations(words):
        packet = MAKERS[proto](source, dest.packed, 20000, port)
        socks[proto].sendto(packet, (str(dest), 0))


def bits(address):
    return format(int(address), "032b" if address.version == 4 else "0128b")


class Rule:
    def __init__(self, text):
        prefix6, prefix4, self.ea_len, self.offset = text.split(",")
        self.text = text
        self.net4 = ipaddress.ip_network(prefix4)
        net6 = ipaddress.ip_network(prefix6)
        self.prefix6 = bits(net6[0])[:net6.prefixlen]
        self.ea_len, self.offset = int(self.ea_len), int(self.offset)
        self.suffix_len = min(self.ea_len, 32 - self.net4.prefixlen)
        self.psid_len = self.ea_len - self.suffix_len

    def address(self, iid, dest, port):
        """The MAP address, or None if the port tells none."""
        psid = ""
        if self.psid_len:
            if port is None:
                return None
            port = format(port, "016b")
            if self.offset and "1" not in port[:self.offset]:
                return None
            psid = port[self.offset:self.offset + self.psid_len]
        known = self.net4.prefixlen + self.suffix_len
        suffix = bits(dest)[self.net4.prefixlen:known]
        front = (self.prefix6 + suffix + psid).ljust(64, "0")
        four = bits(dest)[:known].ljust(32, "0") + psid.rjust(16, "0")
        back = "0" * 8 + four + "0" * 8 if iid == "draft03" else "0" * 16 + four
        whole = front + back[len(front) - 64:]
        return ipaddress.ip_address(int(whole, 2).to_bytes(16, "big"))


def expected(rules, br6, iid, inner):
    dest = ipaddress.ip_address(inner[16:20])
    at = (inner[0] & 15) * 4
    port = struct.unpack_from("!H", inner, at + 2)[0] if inner[9] != 1 else None
    matches = [rule for rule in rules if dest in rule.net4]
    if not matches:
        return br6, "br"
    rule = max(matches, key=lambda r: r.net4.prefixlen)
    address = rule.address(iid, dest, port)
    return (address, rule.text) if address else (br6, "br")


def judge(pcap, ce6, br6, iid, *rules):
    ce6, br6 = ipaddress.ip_address(ce6), ipaddress.ip_address(br6)
    rules = [Rule(text) for text in rules]
    count, wrong = {}, 0
    for frame in frames(pcap):
        outer, inner = frame[14:54], frame[54:]
        if frame[12:14] != b"\x86\xdd" or outer[6] != 4 or outer[8:24] != ce6.packed:
            continue
        where = ipaddress.ip_address(outer[24:40])
        should, by = expected(rules, br6, iid, inner)
        count[by] = count.get(by, 0) + 1
        if where != should:
            wrong += 1
            print("to %s, should be %s by %s: %s" % (where, should, by, inner[:28].hex()),
                  file=sys.stderr)
    print(json.dumps({"to": count, "wrong": wrong}))


if __name__ == "__main__":
    {"send": send, "judge": judge}[sys.argv[1]](*sys.argv[2:])
