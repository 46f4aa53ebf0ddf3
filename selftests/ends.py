#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Speaks for hosts inside and for their peers outside, packet by packet.

usage: ends.py NET CE6 BR6 CE4 a,k,PSID

One process has sockets in two namespaces: NET-h1, where it is every host of
192.168.1.128/25, and NET-r6, where it is the border relay with all of
203.0.113.0/24 behind it. Nobody's kernel answers for these. Each line of
standard input is a command, and is answered by a line, `done` unless told:

    out PROTO INNER COUNT REMOTE [FLAGS[:SEQ[:ACK]]]
    in PROTO INNER COUNT REMOTE [FLAGS[:SEQ[:ACK]]]
    from PROTO PORT COUNT REMOTE [FLAGS[:SEQ[:ACK]]]
    again PROTO INNER REMOTE PAUSE [FLAGS[:SEQ[:ACK]]]

out   COUNT flows send a packet each. INNER and REMOTE are ADDRESS:PORT; flow n
      is that of inner port PORT + n. REMOTE may be peers:PORT, the nth of
      203.0.113.1-250 with that port and those that follow it
in    the same flows are sent a packet each, to where they were last seen
from  strangers send: the nth of COUNT is of port PORT + n of REMOTE, and sends
      to PORT, or to the nth of PORT,PORT...
again one flow sends again and again, PAUSE seconds apart, until it comes out

    is EXPRESSION     of Python; the answer is True or False
    show              the answer is what came of the last command, as JSON
    save FILE         that is appended to FILE
    keep NAME         it is NAME in the expressions from now on

What comes of a command, in the expressions:

    ports    external ports, None for what did not come out
    to       inner endpoints, ADDRESS:PORT, None for what did not come in
    right    how many came in where the flow had begun
    errors   ICMP errors inside got meanwhile, number by TYPE/CODE
    between  monotonic times before and after
    refused  times before and after the last packet that did not come out
    own      the port set, sorted

What was sent has come or will not as soon as a packet sent after it has: so
nothing here waits for time to pass. That packet is UDP-Lite, which has a set
of ports of its own. Transport checksums are 0: nobody looks at them.
"""
import collections
import ctypes
import functools
import json
import os
import select
import socket
import struct
import sys
import time
import types

from flows import checksum
from portset import port_set

PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "dccp": 33, "sctp": 132, "udplite": 136}
FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}
# What flags mean where there are chunks (SCTP) or packet types (DCCP).
SCTP_CHUNK = {"S": 1, "R": 6, "A": 0}
DCCP_TYPE = {"S": 0, "R": 7, "A": 2}
CHUNK = 50
# What a packet carries, so that it is known again.
MARK_SIZE = 8
CLONE_NEWNET = 0x40000000
IPV6_HDRINCL = 36
ETH_P_IP, ETH_P_IPV6 = 0x800, 0x86dd
PACKET_OUTGOING = 4
SO_RCVBUFFORCE = 33
CLOCK_MONOTONIC_COARSE = 6


aton = functools.lru_cache(None)(socket.inet_aton)


def now():
    """
    The monotonic time of the last tick. Where ticks come late, so do jiffies,
    by which a NAT's sessions live.
    """
    return time.clock_gettime(CLOCK_MONOTONIC_COARSE)


class Namespace:
    """What is opened within is of that namespace."""

    libc = ctypes.CDLL(None, use_errno=True)

    def __init__(self, name):
        self.path = "/run/netns/" + name

    @classmethod
    def enter(cls, path):
        with open(path, "rb") as file:
            if cls.libc.setns(file.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), path)

    def __enter__(self):
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.enter(self.path)

    def __exit__(self, *_what):
        self.enter("/proc/self/fd/%d" % self.home)
        os.close(self.home)


def transport(proto, sport, dport, mark, flags, seq, ack):
    if proto == 1:
        # Who asks has the identifier, as sport; who answers gives it back.
        kind, ident = (8, sport) if flags != "A" else (0, dport)
        return struct.pack("!BBHHH", kind, 0, 0, ident, 1) + mark
    if proto == 6:
        bits = sum(FLAGS[letter] for letter in flags)
        return struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 0x50, bits, 64240, 0, 0) + mark
    if proto == 33:
        return struct.pack("!HHBBHBBHI", sport, dport, 4, 0, 0, DCCP_TYPE[flags] << 1 | 1, 0, 0, seq) + mark
    if proto == 132:
        return struct.pack("!HHIIBBH", sport, dport, 1, 0, SCTP_CHUNK[flags], 0, 8) + mark
    return struct.pack("!HHHH", sport, dport, 8 + len(mark), 0) + mark


def ip4(proto, source, dest, payload):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0x4000, 63, proto, 0,
                       aton(source), aton(dest))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def packet(proto, source, dest, mark, flags="S", seq=0, ack=0):
    """Source and destination are (address, port)."""
    return ip4(proto, source[0], dest[0],
               transport(proto, source[1], dest[1], mark, flags, seq, ack))


def icmp_error(source, dest, kind, code, quoted):
    body = struct.pack("!BBHI", kind, code, 0, 0) + quoted
    return ip4(1, source, dest, body[:2] + struct.pack("!H", checksum(body)) + body[4:])


def ends_of(data):
    """Protocol, source and destination of a packet; a query's id is either's."""
    proto = data[9]
    source, dest = socket.inet_ntoa(data[12:16]), socket.inet_ntoa(data[16:20])
    if proto == 1:
        ident = struct.unpack_from("!H", data, 24)[0]
        return proto, (source, ident), (dest, ident)
    sport, dport = struct.unpack_from("!HH", data, 20)
    return proto, (source, sport), (dest, dport)


class Line:
    def __init__(self, net, ce6, br6, ce4, barrier_host="192.168.1.129"):
        self.ce4, self.ce6, self.br6 = ce4, ce6, br6
        self.outer = struct.pack("!BB16s16s", 4, 64, socket.inet_pton(socket.AF_INET6, br6),
                                 socket.inet_pton(socket.AF_INET6, ce6))
        self.from_ce = b"\4" + bytes([64]) + self.outer[18:34] + self.outer[2:18]
        # Packets stay in order on one processor.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        with Namespace(net + "-h1"):
            self.inside = self.listen("eth0", ETH_P_IP)
            self.send_inside = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        with Namespace(net + "-r6"):
            self.outside = self.listen("ce", ETH_P_IPV6)
            self.send_outside = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
            self.send_outside.setsockopt(socket.IPPROTO_IPV6, IPV6_HDRINCL, 1)
        self.serial = 0
        self.errors = collections.Counter()
        self.known = {}
        self.barrier_inner, self.barrier_peer = (barrier_host, 9), ("203.0.113.254", 9)
        self.barrier_port = None

    @staticmethod
    def listen(dev, kind):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(kind))
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 25)
        sock.setblocking(False)
        sock.bind((dev, kind))
        return sock

    def mark(self):
        self.serial += 1
        return struct.pack("!II", os.getpid(), self.serial)

    def emit(self, data):
        """From inside."""
        self.send_inside.sendto(data, (socket.inet_ntoa(data[16:20]), 0))

    def inject(self, data):
        """From outside."""
        self.send_outside.sendto(struct.pack("!IH", 6 << 28, len(data)) + self.outer + data, (self.ce6, 0))

    def until(self, sock, mark, found):
        """All packets that have come there; that with the mark, or None after a while."""
        while True:
            try:
                data, where = sock.recvfrom(65536)
            except BlockingIOError:
                if not select.select([sock], [], [], 3)[0]:
                    return None
                continue
            if where[2] == PACKET_OUTGOING:
                continue
            if sock is self.outside:
                if data[6:40] != self.from_ce:
                    continue
                data = data[40:]
            if data[-MARK_SIZE:] == mark:
                return data
            if sock is self.inside and data[9] == 1 and data[20] in (3, 11):
                self.errors["%d/%d" % (data[20], data[21])] += 1
            found.append(data)

    def came_out(self):
        """Whatever has come out of what was sent until now."""
        found, data = [], None
        for _n in range(5):
            mark = self.mark()
            self.emit(packet(136, self.barrier_inner, self.barrier_peer, mark))
            data = self.until(self.outside, mark, found)
            if data:
                self.barrier_port = ends_of(data)[1][1]
                return found
        sys.exit("nothing comes out")

    def came_in(self):
        """The same the other way. The barrier's own session may just have expired."""
        found = []
        for _n in range(5):
            mark = self.mark()
            self.inject(packet(136, self.barrier_peer, (self.ce4, self.barrier_port), mark))
            if self.until(self.inside, mark, found):
                return found
            self.came_out()
        sys.exit("nothing comes in")

    def exchange(self, send, came, packets):
        """Sends packets, (mark, data) each; those that came by their marks."""
        found = {}
        for n in range(0, len(packets), CHUNK):
            for _mark, data in packets[n:n + CHUNK]:
                send(data)
            found.update((data[-MARK_SIZE:], data) for data in came())
        return [found.get(mark) for mark, _data in packets]

    def out(self, proto, flows, flags="S", seq=0, ack=0):
        """A packet of each flow, (inner, remote); the external ports."""
        packets = []
        for inner, remote in flows:
            mark = self.mark()
            packets.append((mark, packet(proto, inner, remote, mark, flags, seq, ack)))
        ports = []
        for flow, data in zip(flows, self.exchange(self.emit, self.came_out, packets)):
            ports.append(None)
            if data:
                ports[-1] = self.known[proto, flow] = ends_of(data)[1][1]
        return ports

    def come_in(self, proto, pairs, flags="A", seq=0, ack=0):
        """A packet of each pair, (remote, external port); where they came."""
        packets = []
        self.came_out()
        for remote, port in pairs:
            mark = self.mark()
            packets.append((mark, packet(proto, remote, (self.ce4, port), mark, flags, seq, ack)))
        return [data and ends_of(data)[2]
                for data in self.exchange(self.inject, self.came_in, packets)]

    def answer(self, proto, flows, *how):
        """A packet for each flow that is known; where they came."""
        return self.come_in(proto, [(remote, self.known[proto, (inner, remote)])
                                    for inner, remote in flows], *how)

    def errors_meanwhile(self):
        self.came_out()
        self.came_in()
        errors, self.errors = self.errors, collections.Counter()
        return errors


def endpoint(text):
    address, port = text.split(":")
    return address, int(port)


def flows_of(inner, count, remote):
    address, port = endpoint(inner)
    peer, peer_port = endpoint(remote)
    for n in range(int(count)):
        if peer == "peers":
            there = "203.0.113.%d" % (n % 250 + 1), peer_port + n // 250
        else:
            there = peer, peer_port
        yield (address, port + n), there


def how(text):
    flags, _colon, numbers = text.partition(":")
    return (flags, *map(int, numbers.split(":"))) if numbers else (flags,)


def do_out(line, proto, inner, count, remote, flags="S"):
    return {"ports": line.out(PROTOCOLS[proto], list(flows_of(inner, count, remote)), *how(flags))}


def do_in(line, proto, inner, count, remote, flags="A"):
    flows = list(flows_of(inner, count, remote))
    came = line.answer(PROTOCOLS[proto], flows, *how(flags))
    return {"to": [there and "%s:%d" % there for there in came],
            "right": sum(there == flow[0] for there, flow in zip(came, flows))}


def do_from(line, proto, port, count, remote, flags="S"):
    address, first = endpoint(remote)
    ports = port.split(",")
    came = line.come_in(PROTOCOLS[proto], [((address, first + n), int(ports[n % len(ports)]))
                                           for n in range(int(count))], *how(flags))
    return {"to": [there and "%s:%d" % there for there in came]}


def do_again(line, proto, inner, remote, pause, flags="S"):
    refused = None
    for _n in range(5000):
        begun = now()
        ports = line.out(PROTOCOLS[proto], [(endpoint(inner), endpoint(remote))], *how(flags))
        times = begun, now()
        if ports != [None]:
            return {"ports": ports, "refused": refused, "between": times}
        refused = times
        time.sleep(float(pause))
    return {"ports": ports, "refused": refused}


COMMANDS = {"out": do_out, "in": do_in, "from": do_from, "again": do_again}


class Script:
    def __init__(self, line, own):
        self.line, self.own = line, own
        self.answer, self.kept = {}, {}

    def send(self, name, words):
        begun = now()
        answer = COMMANDS[name](self.line, *words.split())
        self.answer = {"between": (begun, now()), **answer,
                       "errors": self.line.errors_meanwhile()}

    def obey(self, text):
        name, _space, words = text.strip().partition(" ")
        if name == "is":
            names = {"own": self.own, **self.kept, **self.answer}
            return bool(eval(words, names))  # pylint: disable=eval-used
        if name == "show":
            return json.dumps(self.answer)
        if name == "save":
            with open(words, "a", encoding="ascii") as file:
                print(json.dumps(self.answer), file=file)
        elif name == "keep":
            self.kept[words] = types.SimpleNamespace(**self.answer)
        else:
            self.send(name, words)
        return "done"


def main(net, ce6, br6, ce4, psid):
    script = Script(Line(net, ce6, br6, ce4), sorted(port_set(*map(int, psid.split(",")))))
    for text in sys.stdin:
        print(script.obey(text), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
