#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What protocols.sh asks: transport protocols and modes, mostly by crafted packets.

usage: transports.py NET
"""
import socket
import struct
import sys

from boxes import H1, S, Box, Flow, Net, encapsulated, equal, same, serve
from craft import (DCCP, ICMP, SCTP, SUM_AT, UDP, UDPLITE, address, dccp, ipv4, is_right, l4_of, ports,
                   read_error, sctp, tcp, transport, udp, udplite, with_ttl)
from portset import port_set

SERVERS = ["198.51.100.%d" % n for n in range(1, 11)]

# IGMP, IPv4, IPv6, RSVP, GRE, ESP, AH, OSPF, PIM, L2TP and one nobody has.
PORTLESS = (2, 4, 41, 46, 47, 50, 51, 89, 103, 115, 253)

net = None
last_port = 30000


def customer(ce4, offset, length, psid, host=H1):
    """The line is another's now; without NAT, h1 has its address."""
    net.ce4, net.host = ce4 if host == H1 else host, host
    net.ports = port_set(offset, length, psid)


def flow(proto, dport=9000, remote=S):
    global last_port
    last_port += 1
    return Flow(net, proto, last_port, dport, remote)


def session(f):
    found = net.sessions("--inner", "%s:%d" % (H1, f.sport), "--remote", "%s:%d" % (f.remote, f.dport))
    equal(len(found), 1, "number of sessions")
    return found[0]


def lives(f, state, seconds):
    """Is it in that state, with all that time before it, or nearly so?"""
    found = session(f)
    equal(found["state"], state, "state")
    assert seconds - 60 < found["expires"] <= seconds + 1, "expires in %d s" % found["expires"]


# ------------------------------------------------------------- with ports

def sctp_states():
    f = flow("sctp")
    f.out()
    lives(f, "new", 240)
    f.back()
    lives(f, "answered", 7440)
    for size in 0, 1, 2, 3, 1000, 1391:
        f.out(sctp(f.sport, f.dport, 0, bytes(12) + b"d" * size))
        f.back(sctp(f.dport, f.ext, 0, bytes(12) + b"e" * size))
    # ABORT from outside: nobody knows whether it is genuine.
    f.back(sctp(f.dport, f.ext, 6))
    lives(f, "closing", 240)
    f.back(sctp(f.dport, f.ext, 0, bytes(12) + b"more"))
    lives(f, "closing", 240)
    f.out(sctp(f.sport, f.dport, 0, bytes(12) + b"still there"))
    lives(f, "answered", 7440)
    f.out(sctp(f.sport, f.dport, 14))
    lives(f, "closing", 240)


def dccp_states():
    f = flow("dccp")
    f.out()
    lives(f, "new", 240)
    f.back()
    lives(f, "answered", 7440)
    # Coverage: all, the header alone, header and 8 octets.
    for coverage in 0, 1, 3:
        for size in 8, 9, 400:
            f.out(dccp(f.sport, f.dport, 2, b"d" * size, coverage))
            f.back(dccp(f.dport, f.ext, 4, b"e" * size, coverage))
    f.back(dccp(f.dport, f.ext, 7))
    lives(f, "closing", 240)
    f.out(dccp(f.sport, f.dport, 3))
    lives(f, "answered", 7440)


def dccp_listen():
    """The server is inside, and asks to be called (RFC 5596)."""
    f = flow("dccp")
    f.out(dccp(f.sport, f.dport, 10))
    f.back(dccp(f.dport, f.ext, 0))
    f.out(dccp(f.sport, f.dport, 1))
    lives(f, "answered", 7440)


def udplite_states():
    f = flow("udplite")
    f.out()
    lives(f, "new", 120)
    f.back()
    lives(f, "answered", 300)
    # Coverage: all, the header alone, some of it, all as a number.
    for size in 4, 5, 400:
        for coverage in 0, 8, 11, 8 + size:
            f.out(udplite(f.sport, f.dport, b"d" * size, coverage))
            f.back(udplite(f.dport, f.ext, b"e" * size, coverage))


def one_port(proto):
    """An endpoint is seen with one port by all servers, if two of them at once, too."""
    f = flow(proto)
    seen = set()
    for remote in SERVERS:
        for dport in 9000, 9001:
            other = Flow(net, proto, f.sport, dport, remote).begin()
            seen.add(other.ext)
    equal(len(seen), 1, "number of ports")


def port_kept(proto):
    """One that is of the set stays what it is."""
    port = max(net.unused(proto))
    f = Flow(net, proto, port).begin()
    equal(f.ext, port, "port")


def plus(packet, by):
    """Its transport checksum wrong by so much; a CRC by these bits."""
    at = 20 + SUM_AT[packet[9]]
    if packet[9] == SCTP:
        return packet[:at] + bytes(x ^ by & 0xff for x in packet[at:at + 4]) + packet[at + 4:]
    old = struct.unpack_from("!H", packet, at)[0] + by
    return packet[:at] + struct.pack("!H", (old & 0xffff) + (old >> 16)) + packet[at + 2:]


def wrong_stays_wrong(proto):
    """What was spoilt before is not made good, and not worse."""
    f = flow(proto).begin()
    for by in 1, 0x4321:
        packet = f.outbound()
        seen = net.seen(net.h1.send, plus(packet, by))
        same(seen.s, [plus(f.at_s(packet), by)], "packets at s")
        packet = f.inbound()
        seen = net.seen(net.s.send, plus(packet, by))
        same(seen.h1, [plus(f.at_h1(packet), by)], "packets at h1")


def unsolicited(proto):
    """To a port nobody has, and to the flow's from another server."""
    f = flow(proto).begin()
    free = Flow(net, proto, 1)
    free.ext = min(net.unused(proto))
    stranger = Flow(net, proto, 1, 9000, SERVERS[5])
    stranger.ext = f.ext
    calls = {SCTP: lambda g: sctp(g.dport, g.ext, 1, bytes(16), 0),
             DCCP: lambda g: dccp(g.dport, g.ext, 0),
             UDPLITE: lambda g: udplite(g.dport, g.ext)}
    for g in free, stranger:
        net.silence(net.s, g.inbound(calls[f.proto](g)))


def cut_short(proto, n):
    """A transport header that ends too early."""
    f = flow(proto).begin()
    net.silence(net.h1, ipv4(f.proto, H1, S, l4_of(f.outbound())[:n]))


# --------------------------------------------------------- by real sockets

def talk(client, server, limit):
    """Some messages each way, of each size."""
    for size in range(1, limit, limit // 10):
        text = bytes(n & 0xff for n in range(size))
        for one, other in (client, server), (server, client):
            one.send(text)
            got = b""
            while len(got) < size:
                more = other.recv(65536)
                assert more, "it ends after %d octets" % len(got)
                got += more
            equal(got == text, True, "data")


def connected(host, kind, proto, prepare):
    """A connection of h2's to s, by the kernel's protocols; both sockets."""
    h2 = Box(net.prefix + "-h2", "eth0")
    with net.s.socket(socket.AF_INET, kind, proto) as listener:
        prepare(listener)
        listener.bind((S, 7600))
        listener.listen(1)
        listener.settimeout(30)
        client = h2.socket(socket.AF_INET, kind, proto)
        client.settimeout(30)
        prepare(client)
        client.bind((host, 0))
        client.connect((S, 7600))
        server, peer = listener.accept()
    server.settimeout(30)
    equal(peer[0], net.ce4, "peer")
    assert peer[1] in net.ports, peer
    return client, server


def on_the_wire(proto, at_least):
    """All of that protocol that came to s: the set's ports, checksums right."""
    packets = [p for p in net.s.heard() if p[9] == proto]
    assert len(packets) >= at_least, len(packets)
    for packet in packets:
        equal(address(packet, "src"), net.ce4, "source")
        assert ports(packet)[0] in net.ports, packet.hex()
        assert is_right(packet), packet.hex()


def real_sctp(host):
    net.s.heard()
    client, server = connected(host, socket.SOCK_STREAM, SCTP, lambda sock: None)
    with client, server:
        talk(client, server, 9000)
    on_the_wire(SCTP, 10)


def real_dccp(host):
    """Service code 42 on both sides, else there is no connection; coverage."""
    def prepare(sock):
        sock.setsockopt(269, 2, struct.pack("!I", 42))
        sock.setsockopt(269, 10, 1)

    net.s.heard()
    client, server = connected(host, 6, DCCP, prepare)
    with client, server:
        talk(client, server, 1000)
    on_the_wire(DCCP, 10)


def real_udplite(host):
    """With the header and 12 octets covered, which either side insists on."""
    h2 = Box(net.prefix + "-h2", "eth0")
    net.s.heard()
    with h2.socket(socket.AF_INET, socket.SOCK_DGRAM, UDPLITE) as client, \
            net.s.socket(socket.AF_INET, socket.SOCK_DGRAM, UDPLITE) as server:
        for sock in client, server:
            sock.settimeout(30)
            sock.setsockopt(UDPLITE, 10, 20)
            sock.setsockopt(UDPLITE, 11, 20)
        server.bind((S, 7600))
        client.bind((host, 0))
        client.connect((S, 7600))
        client.send(b"hello")
        server.connect(server.recvfrom(100)[1])
        talk(client, server, 1000)
    on_the_wire(UDPLITE, 10)


def has(proto, kind):
    """Does the kernel speak it?"""
    try:
        with net.s.socket(socket.AF_INET, kind, proto):
            return True
    except OSError:
        return False


# ---------------------------------------------------------- without ports

def portless_refused():
    """Nothing leaves, and h1 is told that the protocol is unreachable."""
    for proto in PORTLESS:
        packet = ipv4(proto, H1, S, bytes(40))
        seen = net.seen(net.h1.send, packet)
        same(seen.s + seen.wan, [], "packets at s and on the WAN")
        equal([read_error(p) for p in seen.h1], [("192.168.1.1", H1, (3, 2, bytes(4)), with_ttl(packet, 63))],
              "at h1")


def portless_from_outside():
    net.silence(net.s, *(ipv4(proto, S, net.ce4, bytes(40)) for proto in PORTLESS))


def portless_passed():
    """Out with the address changed alone, and back in."""
    for proto in PORTLESS:
        f = flow(proto)
        for size in 0, 1, 40, 1400:
            f.out(b"o" * size)
            f.back(b"i" * size)
        # Of the protocol, and from that server only.
        f.remote = SERVERS[3]
        net.silence(net.s, f.inbound(b"stranger"))


def portless_error():
    """An ICMP error about it comes to h1, and one from inside leaves."""
    f = flow(50)
    sent = f.out(b"encrypted data")
    back = f.back(b"encrypted answer")
    body = struct.pack("!BBHI", 3, 2, 0, 0)
    seen = net.seen(net.s.send, transport(ICMP, S, net.ce4, body + f.at_s(sent)))
    same(seen.h1, [transport(ICMP, S, H1, body + with_ttl(sent, 62), ttl=62)], "packets at h1")
    seen = net.seen(net.h1.send, transport(ICMP, H1, S, body + f.at_h1(back)))
    same(seen.s, [transport(ICMP, net.ce4, S, body + with_ttl(back, 62), ttl=62)], "packets at s")


def portless_one_host(host):
    """Two hosts with one server: nothing would tell their answers apart."""
    flow(50, remote=SERVERS[6]).out(b"of h1")
    h2 = Box(net.prefix + "-h2", "eth0")
    packet = ipv4(50, host, SERVERS[6], b"of h2")
    net.seen(h2.send, packet).nothing()
    equal([read_error(p)[1:] for p in h2.heard()], [(host, (3, 1, bytes(4)), with_ttl(packet, 63))],
          "at h2")
    seen = net.seen(h2.send, ipv4(50, host, SERVERS[7], b"of h2"))
    same(seen.s, [ipv4(50, net.ce4, SERVERS[7], b"of h2", ttl=62)], "packets at s")


# ------------------------------------------------------------------- modes

def no_algs():
    """Addresses in the payload are nobody's business."""
    sip = ("REGISTER sip:example.net SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;branch=z9\r\n"
           "Contact: <sip:a@%s:5060>\r\n\r\n" % (H1, H1)).encode()
    port = ("PORT %s,117,49\r\n" % H1.replace(".", ",")).encode()
    pasv = b"227 Entering Passive Mode (198,51,100,1,78,33)\r\n"
    f = flow("udp", 5060)
    f.out(udp(f.sport, 5060, sip))
    f.back(udp(5060, f.ext, sip))
    f = flow("tcp", 5060).begin()
    f.out(tcp(f.sport, 5060, "PA", 1001, 5001, data=sip))
    f = flow("tcp", 21).begin()
    f.out(tcp(f.sport, 21, "PA", 1001, 5001, data=port))
    f.back(tcp(21, f.ext, "PA", 5001, 1001 + len(port), data=pasv))
    f.out(tcp(f.sport, 21, "PA", 1001 + len(port), 5001 + len(pasv), data=b"EPRT |1|%s|30001|\r\n" % H1.encode()))
    f = flow("tcp", 1723).begin()
    f.out(tcp(f.sport, 1723, "PA", 1001, 5001, data=bytes(12) + b"\0\7\0\0" + bytes(140)))


def tftp():
    """The answer comes from another port of the server, as the filter allows."""
    f = flow("udp", 69)
    f.out(udp(f.sport, 69, b"\0\1file\0octet\0"))
    transfer = Flow(net, "udp", f.sport, 9001)
    transfer.ext = f.ext
    transfer.back(udp(9001, f.ext, b"\0\3\0\1data"))
    transfer.out(udp(f.sport, 9001, b"\0\4\0\1"))
    equal(transfer.ext, f.ext, "port")


def groups():
    """From the LAN: to groups, and to all."""
    for dst in "224.0.0.251", "239.1.2.3", "255.255.255.255", "192.168.1.255":
        net.silence(net.h1, transport(UDP, H1, dst, udp(5353, 5353, b"anybody?"), ttl=64))


def groups_of_the_router():
    """What is routed to the device all the same."""
    ce = Box(net.prefix + "-ce", "lan")
    ce.raw.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"v6plus")
    for dst in "224.0.0.251", "239.1.2.3", "255.255.255.255":
        net.silence(ce, transport(UDP, H1, dst, udp(5353, 5353, b"anybody?"), ttl=64))


def source_routes(ce6, br6):
    """Loose and strict, out and in, with and without an address to go."""
    f = flow("udp").begin()
    query = flow("icmp").begin()
    for kind in 131, 137:
        for pointer in 4, 8:
            option = bytes([1, kind, 7, pointer]) + socket.inet_aton(SERVERS[1])
            for g in f, query:
                net.silence(net.h1, g.outbound(options=option))
                seen = net.seen(encapsulated, net, br6, ce6, g.inbound(options=option))
                seen.nothing()
    # Other options do no harm.
    for option in b"\x94\4\0\0", b"\1\1\1\0":
        f.out(options=option)
        f.back(options=option)


def many(n):
    """So many flows with one server, half of them of h2, with the same ports."""
    h2 = Box(net.prefix + "-h2", "eth0")

    def burst():
        for port in range(1024, 1024 + n // 2):
            for box, host in (net.h1, H1), (h2, "192.168.1.3"):
                box.raw.sendto(ipv4(UDP, host, S, udp(port, 9000)), (S, 0))

    seen = net.seen(burst)
    same(seen.h1, [], "packets at h1")
    equal(len(seen.wan), n, "packets on the WAN")
    used = {ports(packet[40:])[0] for packet in seen.wan}
    equal(len(used), n, "number of ports")
    assert 0 not in used


def public(host):
    """Nothing is translated: of every protocol, begun by either side."""
    for proto in "udp", "tcp", "icmp", "sctp", "dccp", "udplite":
        f = flow(proto)
        f.ext = f.sport
        f.back()
        f.out()
        f.back()
    for proto in PORTLESS:
        f = flow(proto)
        f.back(b"begins outside")
        f.out(b"answer")
    # A fragment is a packet as others are.
    f = flow(UDP)
    f.ext = f.sport
    for flags in 0x2000, 100:
        seen = net.seen(net.h1.send, ipv4(UDP, host, S, bytes(40), flags=flags))
        same(seen.s, [ipv4(UDP, host, S, bytes(40), flags=flags, ttl=62)], "packets at s")
        seen = net.seen(net.s.send, ipv4(UDP, S, host, bytes(40), flags=flags))
        same(seen.h1, [ipv4(UDP, S, host, bytes(40), flags=flags, ttl=62)], "packets at h1")


def foreign_source(*sources):
    for src in sources:
        net.silence(net.h1, transport(UDP, src, S, udp(9000, 9000)))


def foreign_dest(ce6, br6, *dests):
    for dst in dests:
        net.seen(encapsulated, net, br6, ce6, transport(UDP, S, dst, udp(9000, 9000))).nothing()


def spoofed(ce6, source6, inner):
    """From another customer, whose prefix says who it may be."""
    net.seen(encapsulated, net, source6, ce6,
             transport(UDP, inner, net.host, udp(9000, 9000))).nothing()


def from_customer(ce6, source6, inner):
    packet = transport(UDP, inner, net.host, udp(9000, 9000))
    seen = net.seen(encapsulated, net, source6, ce6, packet)
    same(seen.h1, [with_ttl(packet, 63)], "packets at h1")


def works(*protos):
    """There and back with all checks of a Flow."""
    for proto in protos:
        flow(proto).begin()


def one_only(proto):
    """With one port: a second flow with a server's port is refused, with others not."""
    first, second = flow(proto).begin(), flow(proto)
    if proto == "icmp":
        elsewhere = [("198.51.100.2", 0), ("198.51.100.3", 0)]
    else:
        elsewhere = [(S, 9001), ("198.51.100.2", 9000)]
    packet = second.outbound()
    seen = net.seen(net.h1.send, packet)
    same(seen.s + seen.wan, [], "packets at s and on the WAN")
    equal([read_error(p) for p in seen.h1],
          [("192.168.1.1", H1, (3, 1, bytes(4)), with_ttl(packet, 63))], "at h1")
    for remote, dport in elsewhere:
        other = Flow(net, proto, second.sport, dport, remote).begin()
        equal(other.ext, min(net.ports), "port")
    first.back()
    first.out()


if __name__ == "__main__":
    net = Net(*sys.argv[1:])
    serve(globals())
