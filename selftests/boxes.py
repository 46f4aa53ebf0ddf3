#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Crafted packets in some boxes of lib.sh's network, and what comes of them.

One process is in all of them: it sends in one and listens in the others. No
check has to wait for a packet that shall not come: behind what a check does, a
probe goes through the customer edge both ways, and what has not come by then
does not come.

A test's own module makes a Net, defines what its checks do, and calls serve().
"""
import contextlib
import ctypes
import json
import select
import socket
import subprocess
import sys
import time
import traceback

from craft import (DCCP, ICMP, NAMES, SCTP, TCP, UDP, UDPLITE, address, dccp, echo, ipv6, ports, sctp, tcp,
                   transport, udp, udplite, with_ends)
from portset import port_set

CLONE_NEWNET = 0x40000000
SO_RCVBUFFORCE = 33
ETH_P_IP, ETH_P_IPV6 = 0x0800, 0x86dd
PATIENCE = 30

# Of the probes.
H1_PORT, S_PORT = 39999, 9099

H1, S = "192.168.1.2", "198.51.100.1"


@contextlib.contextmanager
def inside(namespace):
    """Sockets made here are of that namespace."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(file):
        if libc.setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    with open("/proc/self/ns/net") as home, open("/run/netns/" + namespace) as there:
        enter(there)
        try:
            yield
        finally:
            enter(home)


class Box:
    """A namespace: sends raw packets, and hears what comes in by a device."""

    def __init__(self, namespace, dev, ethertype=ETH_P_IP):
        self.namespace = namespace
        self.raw = self.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.raw6 = self.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.tap = self.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        self.tap.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
        self.tap.bind((dev, ethertype))
        self.tap.setblocking(False)

    def socket(self, *args):
        with inside(self.namespace):
            return socket.socket(*args)

    def send(self, packet):
        self.raw.sendto(packet, (address(packet, "dst"), 0))

    def send6(self, packet):
        self.raw6.sendto(packet, (socket.inet_ntop(socket.AF_INET6, packet[24:40]), 0))

    def heard(self):
        """All that has come in by now, but for what is always about."""
        packets = []
        while True:
            try:
                packet = self.tap.recv(65536)
            except BlockingIOError:
                return packets
            if not is_noise(packet):
                packets.append(packet)


def is_noise(packet):
    """Groups and their members; neighbour discovery."""
    if packet[0] >> 4 == 4:
        return packet[16] >= 224
    return packet[24] == 0xff or packet[6] == 0 or packet[6] == 58 and 133 <= packet[40] <= 137


def hexes(packets):
    return [packet.hex() for packet in packets]


def equal(is_, should, what="value"):
    if is_ != should:
        raise AssertionError("%s is %r, should be %r" % (what, is_, should))


def same(are, should, what="packets"):
    """Two lists of packets."""
    if are != should:
        raise AssertionError("%s are %s, should be %s" % (what, hexes(are), hexes(should)))


class Seen:
    """What came to h1, to s, and from the customer edge to the WAN."""

    def __init__(self):
        self.h1, self.s, self.wan = [], [], []

    def nothing(self):
        for name in "h1", "s", "wan":
            same(getattr(self, name), [], "packets at " + name)


class Net:
    """The boxes of a test, with the address and the port set of its customer."""

    def __init__(self, prefix, ce4=None, psid=None):
        self.prefix, self.ce4 = prefix, ce4
        self.h1 = Box(prefix + "-h1", "eth0")
        self.s = Box(prefix + "-s", "eth0")
        self.wan = Box(prefix + "-r6", "ce", ETH_P_IPV6)
        self.ports = port_set(*map(int, psid.split(","))) if psid else None
        # Of all that has left, what had an address of the LAN in it.
        self.leaks = []
        self.serial = 0
        self.host = H1

    def wait(self, box, text, seen):
        """What box hears up to the packet with that text, and that packet."""
        end = time.monotonic() + PATIENCE
        while True:
            for packet in box.heard():
                if packet.endswith(text):
                    return packet
                seen.append(packet)
            if time.monotonic() > end:
                raise AssertionError("the probe does not come to " + box.namespace)
            select.select([box.tap], [], [], 1)

    def fence(self, seen):
        """Nothing is under way any more when this returns."""
        self.serial += 1
        text = b"probe %d" % self.serial
        self.h1.send(transport(UDP, self.host, S, udp(H1_PORT, S_PORT, text)))
        got = self.wait(self.s, text, seen.s)
        self.s.send(transport(UDP, S, address(got, "src"), udp(S_PORT, ports(got)[0], text)))
        self.wait(self.h1, text, seen.h1)
        seen.wan += [packet for packet in self.left() if not packet.endswith(text)]

    def left(self):
        """What has left the customer edge by now."""
        packets = self.wan.heard()
        self.leaks += [packet for packet in packets if socket.inet_aton(H1)[:3] in packet]
        return packets

    def seen(self, action, *args):
        """All that is to be seen of an action."""
        seen = Seen()
        # Others may have sent something before.
        self.h1.heard()
        self.s.heard()
        self.left()
        action(*args)
        self.fence(seen)
        return seen

    def silence(self, box, *packets):
        """These packets are neither passed on nor answered."""
        for packet in packets:
            self.seen(box.send, packet).nothing()

    def sessions(self, *words):
        """What `mape session` lists."""
        with inside(self.prefix + "-ce"):
            said = subprocess.run(["mape", "session", "--json", *words], check=True, close_fds=False,
                                  stdout=subprocess.PIPE)
        return json.loads(said.stdout)

    def unused(self, proto):
        """Ports of the set that nobody has by that protocol."""
        return self.ports - {s["ext_port"] for s in self.sessions("--proto", proto)}


def opening(proto, sport, dport, data=b""):
    """The first packet of a flow, its transport part."""
    return {
        ICMP: lambda: echo(sport, data),
        TCP: lambda: tcp(sport, dport, "S", 1000, data=data),
        UDP: lambda: udp(sport, dport, data),
        DCCP: lambda: dccp(sport, dport, 0, data),
        SCTP: lambda: sctp(sport, dport, 1, b"\0\0\1\1" + bytes(12) + data, 0),
        UDPLITE: lambda: udplite(sport, dport, data),
    }[proto]()


def answering(proto, sport, dport, data=b""):
    """What is answered to it."""
    return {
        ICMP: lambda: echo(dport, data, True),
        TCP: lambda: tcp(sport, dport, "SA", 5000, 1001, data=data),
        UDP: lambda: udp(sport, dport, data),
        DCCP: lambda: dccp(sport, dport, 1, data),
        SCTP: lambda: sctp(sport, dport, 2, b"\0\0\2\2" + bytes(12) + data),
        UDPLITE: lambda: udplite(sport, dport, data),
    }[proto]()


class Flow:
    """A conversation of h1 with a server, of crafted packets.

    What is sent has to arrive, and nothing else: as it was, but for the inner
    end, two hops, and the checksums they change.
    """

    def __init__(self, net, proto, sport, dport=9000, remote=S):
        self.net, self.proto = net, NAMES.get(proto, proto)
        self.sport, self.dport, self.remote = sport, dport, remote
        self.ext = None

    def outbound(self, l4=None, **header):
        """The packet h1 sends, without sending it."""
        if l4 is None:
            l4 = opening(self.proto, self.sport, self.dport, b"from inside")
        return transport(self.proto, self.net.host, self.remote, l4, **header)

    def inbound(self, l4=None, **header):
        if l4 is None:
            l4 = answering(self.proto, self.dport, self.ext, b"from outside")
        return transport(self.proto, self.remote, self.net.ce4, l4, **header)

    def at_s(self, packet):
        """How s has to see what h1 sends."""
        return with_ends(packet, src=self.net.ce4, sport=self.ext, ttl=packet[8] - 2)

    def at_h1(self, packet):
        return with_ends(packet, dst=self.net.host, dport=self.sport, ttl=packet[8] - 2)

    def out(self, l4=None, **header):
        """From h1 to s; what h1 sent."""
        return self.pass_out(self.outbound(l4, **header))

    def pass_out(self, packet):
        seen = self.net.seen(self.net.h1.send, packet)
        if self.ext is None and seen.s and self.proto in NAMES.values():
            self.ext = ports(seen.s[0])[0]
            if self.net.ports and self.ext not in self.net.ports:
                raise AssertionError("port %d is not of the set" % self.ext)
        same(seen.s, [self.at_s(packet)], "packets at s")
        same(seen.h1, [], "packets at h1")
        # Others may have something to send as well.
        equal(len([p for p in seen.wan if p[44:46] == packet[4:6]]), 1, "number of packets on the WAN")
        return packet

    def back(self, l4=None, **header):
        """From s to h1; what s sent."""
        return self.pass_back(self.inbound(l4, **header))

    def pass_back(self, packet):
        seen = self.net.seen(self.net.s.send, packet)
        same(seen.h1, [self.at_h1(packet)], "packets at h1")
        same(seen.s + seen.wan, [], "packets at s and on the WAN")
        return packet

    def begin(self):
        """There and back: it is answered."""
        self.out()
        self.back()
        return self


def encapsulated(net, src, dst, packet):
    """From r6, as whoever src is; dst is of the customer edge."""
    net.wan.send6(ipv6(src, dst, 4, packet))


def serve(names):
    """Each line is an expression: answered by `ok` and its value, or by `no`."""
    for line in sys.stdin:
        try:
            print("ok", json.dumps(eval(line, names), default=str), flush=True)  # pylint: disable=eval-used
        except Exception as err:  # pylint: disable=broad-except
            traceback.print_exc()
            sys.stderr.flush()
            print("no", type(err).__name__, str(err).replace("\n", " "), flush=True)
