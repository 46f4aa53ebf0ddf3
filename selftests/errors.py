#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What icmp.sh asks: ICMP errors, crafted, through the customer edge.

usage: errors.py NET CE4 a,k,PSID
"""
import socket
import struct
import sys
import time

from boxes import H1, H1_PORT, S, Box, Flow, Net, encapsulated, equal, same, serve
from craft import (ICMP, TCP, UDP, address, checksum, echo, icmp, ipv4, is_right, l4_of, read_error, tcp,
                   transport, udp, with_ends, with_ttl)

# Of somebody on the path, and behind h1.
ROUTER, INNER_ROUTER = "203.0.113.7", "192.168.7.1"

# Type, code, and what is between them and the quoted packet.
KINDS = ([(3, code, bytes(4)) for code in (0, 1, 2, 3, 9, 10, 13)] +
         [(3, 4, struct.pack("!HH", 0, 1300)), (11, 0, bytes(4)), (11, 1, bytes(4)), (12, 0, b"\x14\0\0\0")])
UNREACHABLE = KINDS[3]

# Neither query nor error: source quench, redirect, router advertisement and
# solicitation, timestamp, information, address mask, and some more.
NOT_PASSED = (4, 5, 9, 10, 13, 14, 15, 16, 17, 18, 30, 40, 255)

net = None
last_port = 30000


def flow(proto, dport=9000):
    """A new flow, by a port of h1 that no other has."""
    global last_port
    last_port += 1
    return Flow(net, proto, last_port, dport)


def error(src, dst, kind, quoted):
    return ipv4(ICMP, src, dst, icmp(*kind, quoted))


def from_outside(f, original, kind, n, src=ROUTER):
    """s, or who is on the path, says it of h1's packet: h1 hears it of its own."""
    packet = error(src, net.ce4, kind, f.at_s(original)[:n])
    seen = net.seen(net.s.send, packet)
    # Two hops there, two hops back.
    should = with_ttl(error(src, H1, kind, with_ttl(original, original[8] - 2)[:n]), 62)
    same(seen.h1, [should], "packets at h1")
    same(seen.s + seen.wan, [], "packets at s and on the WAN")


def from_inside(f, original, kind, n, src=H1):
    """h1, or who is behind it, says it of s's packet: s hears it of its own."""
    packet = error(src, S, kind, f.at_h1(original)[:n])
    seen = net.seen(net.h1.send, packet)
    should = with_ttl(error(net.ce4, S, kind, with_ttl(original, original[8] - 2)[:n]), 62)
    same(seen.s, [should], "packets at s")
    same(seen.h1, [], "packets at h1")


def lengths(f, original):
    """All of a packet is quoted, as little of it as allowed, and in between."""
    return {len(original), 28} | ({36, 40} if f.proto == TCP else set())


def all_from_outside(proto):
    f = flow(proto)
    original = f.out()
    f.back()
    for kind in KINDS:
        for n in lengths(f, original):
            from_outside(f, original, kind, n)


def all_from_inside(proto):
    f = flow(proto)
    f.out()
    original = f.back()
    for kind in KINDS:
        for n in lengths(f, original):
            from_inside(f, original, kind, n)
            from_inside(f, original, kind, n, INNER_ROUTER)


def any_source():
    f = flow("udp")
    original = f.out()
    for src in S, "198.51.100.253", ROUTER, "8.8.8.8":
        from_outside(f, original, UNREACHABLE, 28, src)


def no_session(proto):
    """Errors about what was never sent, by a port of the set."""
    f = flow(proto).begin()
    other = Flow(net, proto, f.sport, f.dport + 1)
    other.ext = f.ext
    if proto == "icmp":
        other.remote = "198.51.100.2"
    net.silence(net.s, error(S, net.ce4, UNREACHABLE, other.at_s(other.outbound())))


def no_session_inside(proto):
    f = flow(proto)
    f.out()
    other = Flow(net, proto, f.sport, f.dport, "198.51.100.2")
    other.ext = f.ext
    net.silence(net.h1, error(H1, other.remote, UNREACHABLE, other.at_h1(other.inbound())))


def bad_port():
    """An error about a packet by a port that is another customer's."""
    f = flow("udp")
    original = f.out()
    quoted = with_ends(f.at_s(original), sport=80)
    net.silence(net.s, error(S, net.ce4, UNREACHABLE, quoted))


# ---------------------------------------------------------- REQ-3 of RFC 5508

def spoilt(packet, at):
    """With another octet there."""
    return packet[:at] + bytes([packet[at] ^ 0x55]) + packet[at + 1:]


def bad_checksum():
    f = flow("udp")
    original = f.out()
    good = error(S, net.ce4, UNREACHABLE, f.at_s(original))
    net.silence(net.s, spoilt(good, 22), spoilt(good, 26), spoilt(good, len(good) - 1))


def bad_quoted_checksum():
    f = flow("udp")
    original = f.out()
    quoted = f.at_s(original)
    # The error's own checksum is right each time.
    net.silence(net.s, *(error(S, net.ce4, UNREACHABLE, spoilt(quoted, at)) for at in (1, 4, 10)))


def bad_checksums_inside():
    f = flow("udp")
    f.out()
    quoted = f.at_h1(f.back())
    net.silence(net.h1, spoilt(error(H1, S, UNREACHABLE, quoted), 22),
                error(H1, S, UNREACHABLE, spoilt(quoted, 10)))


def cut_short():
    """Less than the header and 8 octets are quoted, or nothing of sense."""
    f = flow("udp")
    quoted = f.at_s(f.out())
    net.silence(net.s, *(error(S, net.ce4, UNREACHABLE, q) for q in (
        b"", quoted[:19], quoted[:20], quoted[:27], b"\x65" + quoted[1:], b"\x43" + quoted[1:],
        b"\x4f" + quoted[1:])))


def quoted_options():
    """40 octets of options before the ports of the quoted packet."""
    for proto in "udp", "tcp", "icmp":
        f = flow(proto)
        original = f.out(options=b"\x01" * 40)
        for n in 68, len(original):
            from_outside(f, original, UNREACHABLE, n)
        original = f.back(options=b"\x01" * 39 + b"\0")
        for n in 68, len(original):
            from_inside(f, original, UNREACHABLE, n)


def extension():
    """An MPLS label stack (RFC 4950) behind 128 octets (RFC 4884)."""
    stack = struct.pack("!HBBI", 8, 1, 1, 0xabcde1ff)
    stack = struct.pack("!BBH", 0x20, 0, checksum(b"\x20\0\0\0" + stack)) + stack
    kind = (11, 0, b"\0\x20\0\0")
    for size in 10, 100, 400:
        f = flow("udp")
        original = f.out(udp(f.sport, f.dport, b"m" * size))
        packet = error(ROUTER, net.ce4, kind, f.at_s(original)[:128].ljust(128, b"\0") + stack)
        seen = net.seen(net.s.send, packet)
        quoted = with_ttl(original, 62)[:128].ljust(128, b"\0")
        same(seen.h1, [with_ttl(error(ROUTER, H1, kind, quoted + stack), 62)], "packets at h1")


def plus(packet, at, by):
    """A checksum in it that is wrong by so much."""
    old = struct.unpack_from("!H", packet, at)[0] + by
    return packet[:at] + struct.pack("!H", (old & 0xffff) + (old >> 16)) + packet[at + 2:]


def quoted_transport_wrong():
    """A wrong checksum of the quoted packet goes on, as wrong as it was."""
    for proto, at in ("udp", 26), ("tcp", 36), ("icmp", 22):
        f = flow(proto)
        original = f.out()
        packet = error(ROUTER, net.ce4, UNREACHABLE, plus(f.at_s(original), at, 0x1234))
        seen = net.seen(net.s.send, packet)
        quoted = plus(with_ttl(original, 62), at, 0x1234)
        same(seen.h1, [with_ttl(error(ROUTER, H1, UNREACHABLE, quoted), 62)], "packets at h1, " + proto)


def quoted_unsummed():
    """UDP without a checksum stays without one."""
    f = flow("udp")
    original = ipv4(UDP, H1, S, udp(f.sport, f.dport, b"no sum"))
    f.pass_out(original)
    from_outside(f, original, UNREACHABLE, len(original))


# ------------------------------------------------- neither ends nor refreshes

def live_flows():
    """A flow of each kind in each state goes on, in that state, after each error."""
    for proto, state in ("udp", "answered"), ("tcp", "established"), ("icmp", "answered"):
        f = flow(proto)
        original = f.out()
        answer = f.back()
        for kind in KINDS:
            from_outside(f, original, kind, 28)
            from_inside(f, answer, kind, 28)
        # From outside first: nothing that h1 does has made it anew.
        f.back()
        f.out()
        found = net.sessions("--inner", "%s:%d" % (H1, f.sport), "--proto", proto)
        equal([(s["state"], s["ext_port"]) for s in found], [(state, f.ext)], "sessions")


def still_there(f):
    """Is it, after an error from outside and one from inside?"""
    outside = error(ROUTER, net.ce4, UNREACHABLE, f.at_s(f.outbound()))
    inside = error(H1, S, UNREACHABLE, f.at_h1(f.inbound()))
    seen = net.seen(net.s.send, outside)
    if not seen.h1:
        return False
    net.seen(net.h1.send, inside)
    return True


def not_refreshed():
    """Sessions end on time, while errors about them come all the time."""
    waiting = [flow("udp"), flow("icmp"), flow("tcp"), flow("udp").begin()]
    for f in waiting[:3]:
        f.out()
    fence = net.sessions("--inner", "%s:%d" % (H1, H1_PORT))
    end = time.monotonic() + 60
    while waiting:
        if time.monotonic() > end:
            raise AssertionError("%d sessions do not end" % len(waiting))
        waiting = [f for f in waiting if still_there(f)]
    # The probes of each check have kept alive what they go by.
    same_fence = net.sessions("--inner", "%s:%d" % (H1, H1_PORT))
    equal([s["ext_port"] for s in same_fence], [s["ext_port"] for s in fence], "port of the probes")


# ----------------------------------------------------------- when to say none

def not_passed_in():
    f = flow("icmp").begin()
    for kind in NOT_PASSED:
        quoted = f.at_s(f.outbound()) if kind in (4, 5) else b""
        rest = struct.pack("!HH", f.ext, 1)
        net.silence(net.s, ipv4(ICMP, S, net.ce4, icmp(kind, 0, rest, quoted)))


def not_passed_out():
    f = flow("icmp").begin()
    for kind in NOT_PASSED:
        quoted = f.at_h1(f.inbound()) if kind in (4, 5) else b""
        rest = struct.pack("!HH", f.sport, 1)
        net.silence(net.h1, ipv4(ICMP, H1, S, icmp(kind, 0, rest, quoted)))
    # A reply nobody asked for.
    net.silence(net.h1, transport(ICMP, H1, S, echo(f.sport, b"", True)))


def error_too_big():
    """h1 is not told that its error is too big: it is an error."""
    f = flow("udp").begin()
    quoted = f.at_h1(f.inbound(udp(f.dport, f.ext, b"b" * 1430)))
    packet = error(H1, S, UNREACHABLE, quoted)
    assert len(packet) > 1460
    net.silence(net.h1, packet)


def error_expires():
    """An error from outside whose TTL ends at the customer edge."""
    f = flow("udp")
    original = f.out()
    packet = error(ROUTER, net.ce4, UNREACHABLE, f.at_s(original))
    net.silence(net.s, with_ttl(packet, 2))


def later_fragment():
    """Of a protocol that would be refused."""
    net.silence(net.h1, ipv4(50, H1, S, bytes(40), flags=100))


def multicast():
    """As if the stack of the customer edge had let it be forwarded."""
    ce = Box(net.prefix + "-ce", "lan")
    ce.raw.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"v6plus")
    for dst in "239.1.2.3", "255.255.255.255":
        net.silence(ce, ipv4(50, H1, dst, bytes(40)))


def refusals():
    """240 flows with one peer, 200 more: refused, and told of some."""
    peer = "198.51.100.9"
    first = 31000

    def burst():
        for port in range(first, first + 440):
            net.h1.send(transport(UDP, H1, peer, udp(port, 9001)))

    begun = time.monotonic()
    seen = net.seen(burst)
    seconds = time.monotonic() - begun
    equal(len(seen.s), 240, "packets at s")
    for packet in seen.h1:
        check_refusal(packet, peer, range(first + 240, first + 440))
    limit(len(seen.h1), seconds)


def check_refusal(packet, peer, refused):
    src, dst, kind, quoted = read_error(packet)
    equal((src, dst, kind[:2]), ("192.168.1.1", H1, (3, 1)), "refusal")
    port = struct.unpack_from("!H", l4_of(quoted))[0]
    assert port in refused, port
    # As the customer edge saw it.
    equal(quoted, with_ttl(transport(UDP, H1, peer, udp(port, 9001)), 63), "quoted packet")


def limit(n, seconds):
    """50 in five seconds, and not less."""
    most = 50 * (1 + int(seconds // 5) + 1)
    assert 50 <= n <= most, "%d in %.1f s" % (n, seconds)


def limit_of_each(dst):
    """Another device tells of its own refusals, whatever the first one did."""
    def burst():
        for _n in range(60):
            net.h1.send(ipv4(50, H1, S, bytes(40)))
            net.h1.send(ipv4(50, H1, dst, bytes(40)))

    seen = net.seen(burst)
    told = [address(read_error(packet)[3], "dst") for packet in seen.h1]
    assert told.count(dst) >= 50, "%d refusals by the second device" % told.count(dst)


# ------------------------------------------------------------------ TTL

def ttl_of_hops():
    """Less by one at each of the two, whatever it was."""
    f = flow("udp")
    for ttl in 3, 10, 64, 128, 255:
        packet = f.outbound(ttl=ttl)
        seen = net.seen(net.h1.send, packet)
        f.ext = f.ext or struct.unpack_from("!H", l4_of(seen.s[0]))[0]
        same(seen.s, [f.at_s(packet)], "packets at s")
        # Behind the outer header of 40 octets.
        equal([(p[6], p[7], p[48]) for p in seen.wan], [(4, 64, ttl - 1)], "next header and limits on the WAN")
    for ttl in 3, 10, 255:
        f.back(ttl=ttl)


def ttl_from_h1():
    """TTL 1: the customer edge says so, and nothing leaves."""
    f = flow("udp").begin()
    for proto in UDP, TCP, ICMP:
        packet = {UDP: f.outbound(ttl=1),
                  TCP: transport(TCP, H1, S, tcp(30001, 9000, "S"), ttl=1),
                  ICMP: transport(ICMP, H1, S, echo(30001), ttl=1)}[proto]
        seen = net.seen(net.h1.send, packet)
        same(seen.s + seen.wan, [], "packets at s and on the WAN")
        equal([read_error(p) for p in seen.h1], [("192.168.1.1", H1, (11, 0, bytes(4)), packet)], "at h1")


def ttl_from_s():
    """TTL 1 in the tunnel: it is the shared address that says so."""
    for proto in "udp", "tcp", "icmp":
        f = flow(proto).begin()
        packet = f.inbound(ttl=2)
        seen = net.seen(net.s.send, packet)
        same(seen.h1, [], "packets at h1")
        equal([read_error(p) for p in seen.s],
              [(net.ce4, S, (11, 0, bytes(4)), with_ttl(packet, 1))], "at s")


# ------------------------------------------------------------ other customers

class Neighbour(Flow):
    """A flow with another customer, who is crafted in r6."""

    def __init__(self, ce6, ce2_6, dport, remote):
        super().__init__(net, "udp", 30500 + dport % 100, dport, remote)
        self.ce6, self.ce2_6 = ce6, ce2_6

    def begin(self):
        """It goes to that customer, not to the relay."""
        seen = net.seen(net.h1.send, self.outbound())
        equal([socket.inet_ntop(socket.AF_INET6, p[24:40]) for p in seen.wan], [self.ce2_6], "outer destination")
        inner = seen.wan[0][40:]
        self.ext = struct.unpack_from("!H", l4_of(inner))[0]
        self.reply()
        return self

    def hears(self, packet, should):
        """Sent by the other customer, h1 gets only that."""
        seen = net.seen(encapsulated, net, self.ce2_6, self.ce6, packet)
        same(seen.h1, should, "packets at h1")
        same(seen.s + seen.wan, [], "packets at s and on the WAN")

    def reply(self):
        packet = self.inbound()
        self.hears(packet, [with_ttl(self.at_h1(packet), 63)])


def customer_genuine(ce6, ce2_6, theirs):
    f = Neighbour(ce6, ce2_6, theirs, net.ce4).begin()
    original = f.outbound()
    # The source of the error is not looked at, only of what it is.
    for src in net.ce4, ROUTER:
        for kind in KINDS:
            packet = error(src, net.ce4, kind, with_ttl(f.at_s(original), 63))
            f.hears(packet, [with_ttl(error(src, H1, kind, with_ttl(original, 63)), 63)])
    f.reply()


def customer_forged(ce6, ce2_6, theirs, other):
    """About packets to a server, to a third customer, and about a query."""
    f = Neighbour(ce6, ce2_6, theirs, net.ce4).begin()
    # One of them to a port that would be the customer's.
    forged = [flow("udp", theirs).begin(), flow("udp").begin(), flow("icmp").begin(), flow("tcp").begin()]
    third = Neighbour(ce6, ce2_6, other, net.ce4)
    third.ext = f.ext
    packets = [g.at_s(g.outbound()) for g in forged + [third]]
    # Nor does it help to be the one in the error's own source.
    for quoted in packets:
        for src in net.ce4, S:
            f.hears(error(src, net.ce4, UNREACHABLE, quoted), [])
    f.reply()


def to_ourselves(ce6, ce2_6, theirs):
    """An error by somebody who is no customer at all."""
    f = Neighbour(ce6, ce2_6, theirs, net.ce4).begin()
    f.ce2_6 = "2001:db9::1"
    f.hears(error(net.ce4, net.ce4, UNREACHABLE, f.at_s(f.outbound())), [])


# ---------------------------------------------------------------- real hosts

def closed_port(host):
    """A real socket of h2 goes: its kernel says so, and s's kernel believes it."""
    h2 = Box(net.prefix + "-h2", "eth0")
    with h2.socket(socket.AF_INET, socket.SOCK_DGRAM) as inner, \
            net.s.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((S, 7500))
        server.settimeout(20)
        inner.bind((host, 0))
        inner.sendto(b"hello", (S, 7500))
        _data, peer = server.recvfrom(100)
        equal(peer[0], net.ce4, "peer")
        inner.close()
        server.connect(peer)
        net.s.heard()
        server.send(b"are you there?")
        try:
            server.recv(100)
        except ConnectionRefusedError:
            pass
        else:
            raise AssertionError("no error")
        errors = [read_error(p) for p in net.s.heard() if p[9] == ICMP]
        equal(len(errors), 1, "errors")
        src, _dst, kind, quoted = errors[0]
        equal((src, kind[:2]), (net.ce4, (3, 3)), "error")
        equal((address(quoted, "src"), address(quoted, "dst")), (S, net.ce4), "quoted addresses")
        equal(struct.unpack_from("!HH", l4_of(quoted)), (7500, peer[1]), "quoted ports")
        assert is_right(quoted), quoted.hex()


def no_leaks():
    """No address of the LAN in anything that left, headers and quotes."""
    same(net.leaks, [], "packets with private addresses")


if __name__ == "__main__":
    net = Net(*sys.argv[1:])
    serve(globals())
