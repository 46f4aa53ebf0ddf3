#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What tcp.sh asks: TCP segments, crafted on both sides of the customer edge.

usage: segments.py NET CE4 a,k,PSID
"""
import socket
import struct
import sys
import time

from boxes import H1, S, Box, Flow, Net, equal, same, serve
from craft import (DCCP, ICMP, SCTP, UDP, UDPLITE, dccp, echo, read_error, sctp, tcp, transport, udp,
                   udplite)
from portset import port_set

net = None
last_port = 30000

# Seconds, by state.
LIFETIMES = {"syn-out": 240, "syn-in": 240, "established": 7440, "fin-out": 7440, "fin-in": 7440,
             "fin-both": 240, "transitory": 240,
             # Established, but the server has not acknowledged that yet.
             "opened": 240}


def lifetimes(syn, established, closing):
    for state in LIFETIMES:
        LIFETIMES[state] = syn if state.startswith(("syn", "opened")) else established
    LIFETIMES.update({"fin-both": closing, "transitory": closing})


def customer(ce4, offset, length, psid):
    """The line is another's now."""
    net.ce4, net.ports = ce4, port_set(offset, length, psid)


class Connection(Flow):
    """Both ends of a connection: their numbers follow what they send."""

    def __init__(self, dport=9000, remote=S, sport=None, ext=None):
        global last_port
        last_port += 1
        super().__init__(net, "tcp", sport or last_port, dport, remote)
        self.ext = ext
        self.next = {"h1": 0xfffffff0, "s": 5000}
        self.window = {"h1": 20000, "s": 30000}
        self.syn = {}

    def first(self, side, flags, length):
        """The number of a segment. Who has sent a SYN answers the other's with the same again."""
        if "S" in flags and "A" in flags and side in self.syn:
            return self.syn[side]
        seq = self.next[side]
        if "S" in flags:
            self.syn = {side: seq} if side in self.syn else {**self.syn, side: seq}
        self.next[side] += length + ("S" in flags) + ("F" in flags)
        return seq

    def segment(self, side, flags, data=b"", seq=None, ack=None, window=None, **more):
        other = "s" if side == "h1" else "h1"
        if seq is None:
            seq = self.first(side, flags, len(data))
        if ack is None:
            ack = self.next[other] if "A" in flags else 0
        window = self.window[side] if window is None else window
        if side == "h1":
            return self.outbound(tcp(self.sport, self.dport, flags, seq, ack, window, data=data, **more))
        return self.inbound(tcp(self.dport, self.ext, flags, seq, ack, window, data=data, **more))

    def send(self, side, flags, *args, **more):
        """It has to arrive as it was."""
        packet = self.segment(side, flags, *args, **more)
        return self.pass_out(packet) if side == "h1" else self.pass_back(packet)

    def launch(self, side, flags, *args, **more):
        """It may arrive or not."""
        packet = self.segment(side, flags, *args, **more)
        return net.seen((net.h1 if side == "h1" else net.s).send, packet)

    def open(self, options=(b"", b"")):
        """In three steps, from inside."""
        self.send("h1", "S", options=options[0])
        self.send("s", "SA", options=options[1])
        self.send("h1", "A")
        return self

    def session(self):
        """What the device says of it, None if nothing."""
        found = net.sessions("--proto", "tcp", "--inner", "%s:%d" % (H1, self.sport),
                             "--remote", "%s:%d" % (self.remote, self.dport))
        return found[0] if found else None

    def expect(self, state):
        """It is in that state, and has just been refreshed."""
        session = self.session()
        assert session, "no session; should be " + state
        equal(session["state"], "established" if state == "opened" else state, "state")
        life = LIFETIMES[state]
        assert life - 60 < session["expires"] <= life + 1, "%s expires in %d s" % (state, session["expires"])


def walk(words, connection=None):
    """SIDE:FLAGS:STATE...: segments, and the state after each. P has data."""
    c = connection or Connection()
    for word in words.split():
        side, flags, state = word.split(":")
        try:
            c.send(side, flags, b"some data" if "P" in flags else b"")
            c.expect(state)
        except AssertionError as err:
            raise AssertionError("at %s: %s" % (word, err)) from err


def walk_inwards(words):
    """The same for a connection begun outside: the server is known, its port is not."""
    known = Connection().open()
    walk(words, Connection(9001, sport=known.sport, ext=known.ext))


def tuple_again():
    """The same ports for another connection, once with lower numbers."""
    for first in 3000000, 500:
        c = Connection()
        walk("h1:S:syn-out s:SA:established h1:FA:fin-out s:FA:fin-both h1:A:fin-both", c)
        c.next = {"h1": first, "s": first}
        walk("h1:S:syn-out s:SA:established h1:A:established s:PA:established", c)


# -------------------------------------------------------------------- RST

SCALED = (b"\x03\x03\x07\x01", b"\x03\x03\x02\x01")


def granted(c, side):
    """First and last sequence number that side may have from the other."""
    shift = {"h1": 7, "s": 2}[side] if c.scaled else 0
    first = c.next["s" if side == "h1" else "h1"]
    return first, first + (c.window[side] << shift) - 1


def opened(scaled):
    c = Connection()
    c.scaled = scaled
    c.open(SCALED if scaled else (b"", b""))
    c.send("s", "PA", b"hello")
    c.send("h1", "PA", b"hello yourself")
    # The last word of either side is a window that is scaled, if at all.
    c.send("s", "A")
    c.send("h1", "A")
    return c


def edges(side, scaled, inside):
    """Where an RST of that side's is just genuine, or just not any more."""
    c = opened(scaled)
    first, last = granted(c, "s" if side == "h1" else "h1")
    if inside:
        return [0, last - first]
    return [-1, last - first + 1, 1 << 31, -70000]


def rst_in_window(side, scaled):
    """Passed; the state is for a short time; data revives it."""
    other = "s" if side == "h1" else "h1"
    for offset in edges(side, scaled, True):
        c = opened(scaled)
        first, _last = granted(c, other)
        c.send(side, "R", seq=first + offset)
        try:
            c.expect("transitory")
        except AssertionError as err:
            raise AssertionError("%d from the left edge: %s" % (offset, err)) from err
        c.send(other, "PA", b"what?")
        c.expect("established")
        c.send(side, "A")
        c.expect("established")


def rst_outside(side, scaled):
    """Passed or not; the connection is not touched by it."""
    c = opened(scaled)
    first, _last = granted(c, "s" if side == "h1" else "h1")
    for offset in edges(side, scaled, False):
        for flags in "R", "RA":
            c.launch(side, flags, seq=first + offset)
            try:
                c.expect("established")
            except AssertionError as err:
                raise AssertionError("%d from the left edge: %s" % (offset, err)) from err
    c.send("s", "PA", b"nothing has happened")
    c.send("h1", "A")


def rst_zero_window():
    """A closed window has room for nothing but an RST at its edge."""
    for offset, state in ((1, "established"), (-1, "established"), (0, "transitory")):
        c = Connection()
        c.window["h1"] = 0
        c.send("h1", "S", window=64000)
        c.send("s", "SA")
        c.send("h1", "A")
        c.launch("s", "R", seq=c.next["s"] + offset)
        c.expect(state)


def rst_follows_window():
    """What was in the window before is not now."""
    c = opened(False)
    old = c.next["s"]
    c.send("s", "PA", bytes(1000))
    c.send("h1", "A")
    c.launch("s", "R", seq=old)
    c.launch("s", "R", seq=old + 999)
    c.expect("established")
    # The window is not taken back, so what was granted stays so.
    c.send("h1", "A", window=10)
    c.send("s", "R", seq=old + 1000 + 5000)
    c.expect("transitory")


def rst_to_syn():
    """Whoever refuses a connection has seen its SYN."""
    c = Connection()
    c.send("h1", "S")
    right = c.next["h1"]
    for flags, ack in (("RA", right - 1), ("RA", right + 1), ("RA", 0), ("R", 0), ("R", right)):
        c.launch("s", flags, seq=0, ack=ack)
        c.expect("syn-out")
    # Nor has it done any harm.
    d = Connection()
    d.send("h1", "S")
    d.launch("s", "RA", seq=0, ack=1)
    d.send("s", "SA")
    d.expect("established")
    c.send("s", "RA", seq=0, ack=right)
    c.expect("transitory")


def rst_not_refreshing():
    """Many RSTs are as one; one does not lengthen what is short."""
    c = opened(False)
    c.send("s", "R")
    first = c.session()["expires"]
    time.sleep(1.5)
    for _n in range(3):
        c.send("s", "R")
        c.send("h1", "R")
    equal(c.session()["state"], "transitory", "state")
    assert c.session()["expires"] < first, "expires in %d s, before %d" % (c.session()["expires"], first)
    c = Connection()
    c.send("h1", "S")
    first = c.session()["expires"]
    time.sleep(1.5)
    c.send("s", "RA")
    equal(c.session()["state"], "transitory", "state")
    assert c.session()["expires"] < first, "expires in %d s, before %d" % (c.session()["expires"], first)


# -------------------------------------------------------------------- SYN

def syn_on_established():
    """A SYN by anybody is passed, and the connection stays what it is."""
    for side, other in ("s", "h1"), ("h1", "s"):
        for flags in "S", "SA":
            c = opened(False)
            forged = (c.next[side] + 0x40000000) & 0xffffffff
            for seq in forged, c.next[side] - 1:
                c.launch(side, flags, seq=seq)
                c.expect("established")
            # An RST is judged by what the other side has said before.
            c.launch(side, "R", seq=forged + 1)
            c.expect("established")
            c.send(other, "PA", b"data")
            c.expect("established")
            c.send(side, "PA", b"data")
            c.launch(side, "R", seq=forged + 1)
            c.expect("established")
            c.send(side, "R")
            c.expect("transitory")


def restarted():
    """h1 has forgotten the connection and calls again by the same port."""
    c = opened(False)
    old = c.next["h1"]
    c.send("h1", "S", seq=123456)
    c.expect("established")
    # RFC 5961: s asks, h1 says that it knows of nothing, and calls again.
    c.send("s", "A", ack=old)
    c.send("h1", "R", seq=old)
    c.expect("transitory")
    c.next = {"h1": 123456, "s": 777}
    walk("h1:S:syn-out s:SA:established h1:A:established", c)


# ----------------------------------------------------------- all that is valid

def options_unchanged():
    """No byte of a header is changed but ports and checksum."""
    syn = (b"\x02\x04\x05\x14" b"\x04\x02" b"\x08\x0a\0\0\1\1\0\0\0\0" b"\x01" b"\x03\x03\x07"
           b"\x22\x08cookie" b"\x01\x01" b"\xfd\x06\xf9\x89ab")
    assert not len(syn) % 4
    c = Connection()
    # ECN setup, and a fast open that has data.
    c.send("h1", "SEC", b"early data", options=syn)
    c.send("s", "SAE", options=syn)
    for side in "h1", "s":
        c.send(side, "PAC", b"first", options=b"\x01\x01\x08\x0a\0\0\1\2\0\0\1\1")
        c.send(side, "AE", options=b"\x01\x01\x05\x12" + struct.pack("!IIII", 1, 2, 3, 4))
        c.send(side, "PAU", b"urgent", urgent=3)
        # MD5 signatures do not survive a NAT, but that is not for it to say.
        c.send(side, "A", options=b"\x01\x01\x13\x12" + bytes(16))
    c.expect("established")


def out_of_order():
    c = opened(False)
    for side in "h1", "s":
        first = c.next[side]
        for n in 2, 0, 3, 1, 1, 0:
            c.send(side, "A", b"%d" % n * 100, seq=first + n * 100)
        c.next[side] += 400
    c.expect("established")


def keep_alives():
    """One number before what comes next; with an octet of nothing, or none."""
    c = opened(False)
    for side, other in ("h1", "s"), ("s", "h1"):
        for data in b"", b"\0":
            c.send(side, "A", data, seq=c.next[side] - 1)
            c.send(other, "A")
        # A window that is closed is probed, and opens.
        c.send(side, "A", window=0)
        c.send(other, "A", b"p", seq=c.next[other])
        c.send(side, "A")
    c.expect("established")


def half_closed():
    """One side has ended; the other has much to say yet."""
    for side, other, state in ("h1", "s", "fin-out"), ("s", "h1", "fin-in"):
        c = opened(False)
        c.send(side, "FA")
        for _n in range(10):
            c.send(other, "PA", bytes(500))
            c.send(side, "A")
            c.expect(state)
        # The FIN again, as if it had been lost.
        c.send(side, "FA", seq=c.next[side] - 1)
        c.expect(state)
        c.send(other, "FA")
        c.expect("fin-both")
        c.send(side, "A")
        c.expect("fin-both")


def real_half_close(host):
    """A client's kernel ends, and the server's goes on."""
    h2 = Box(net.prefix + "-h2", "eth0")
    text = bytes(n & 0xff for n in range(200000))
    with net.s.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind((S, 7600))
        listener.listen(1)
        with h2.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
            client.settimeout(30)
            client.bind((host, 0))
            client.connect((S, 7600))
            listener.settimeout(30)
            server, peer = listener.accept()
            with server:
                equal(peer[0], net.ce4, "peer")
                server.settimeout(30)
                client.sendall(b"request")
                client.shutdown(socket.SHUT_WR)
                got = b""
                while len(got) < 7:
                    got += server.recv(100)
                equal(server.recv(100), b"", "what follows the request")
                states = [s["state"] for s in net.sessions("--inner", host, "--ext", str(peer[1]))]
                equal(states, ["fin-out"], "states")
                got = b""
                for at in range(0, len(text), 20000):
                    server.sendall(text[at:at + 20000])
                    while len(got) < at + 20000:
                        got += client.recv(65536)
                equal(got == text, True, "data")


# ---------------------------------------------------------------- protocols

def other_protocols():
    """By the port of a connection, from its very server: nothing comes in."""
    # The probes have a UDP port, which may be the same.
    free = net.unused("udp")
    c = opened(False)
    while c.ext not in free:
        c = opened(False)
    for proto, l4 in ((UDP, udp(9000, c.ext, b"x")), (UDPLITE, udplite(9000, c.ext, b"x")),
                      (SCTP, sctp(9000, c.ext, 1, bytes(16), 0)), (DCCP, dccp(9000, c.ext, 0)),
                      (ICMP, echo(c.ext, b"", True))):
        net.silence(net.s, transport(proto, S, net.ce4, l4))
    c.send("s", "PA", b"still here")


def not_from(*remotes):
    """TCP from others by that port: neither a SYN nor what looks like data."""
    c = opened(False)
    for remote in remotes:
        stranger = Connection(9000, remote, c.sport, c.ext)
        for flags in "S", "A", "SA", "R", "FA":
            net.silence(net.s, stranger.segment("s", flags, seq=c.next["s"], ack=c.next["h1"]))
    # From the server itself by another port, only an opening may come.
    other = Connection(9001, S, c.sport, c.ext)
    for flags in "A", "SA", "R", "FA", "SF":
        net.silence(net.s, other.segment("s", flags, seq=c.next["s"], ack=c.next["h1"]))


# --------------------------------------------------------------- virtual time

class Clock:
    """For idle times of a NAT whose seconds are that long."""

    def __init__(self, second):
        self.second = second
        self.begun = time.monotonic()

    def passed(self):
        return (time.monotonic() - self.begun) / self.second

    def sleep_until(self, seconds):
        time.sleep(max(0, self.begun + seconds * self.second - time.monotonic()))


def in_time(clock, lifetime, action):
    """False if the machine has been too slow for it to mean anything."""
    try:
        action()
    except AssertionError:
        if clock.passed() < lifetime:
            raise
        return False
    return True


def idle_once(second, lifetime, share, begin, wake):
    """Two of each kind: one is used before its time is up, the other not."""
    clock = Clock(second)
    used, unused = begin(), begin()
    last = Clock(second)
    clock.sleep_until(lifetime * share)
    if not in_time(clock, lifetime, lambda: wake(used)):
        return False
    last.sleep_until(lifetime + 20)
    for c in unused:
        equal(c.session(), None, "session")
        net.silence(net.s, c.segment("s", "A"))
    return True


def idle(*args):
    """Tries again if the machine is too slow."""
    for _n in range(3):
        if idle_once(*args):
            return
    raise AssertionError("too slow")


def begin_established():
    c, out, in_ = Connection().open(), Connection().open(), Connection().open()
    out.send("h1", "FA")
    in_.send("s", "FA")
    return [c, out, in_]


def wake_established(connections):
    """Data both ways, from outside first."""
    for c in connections:
        c.send("s", "PA", b"good morning")
        c.send("h1", "PA", b"good morning")


def idle_established(second):
    idle(second, 7440, 0.9, begin_established, wake_established)


def begin_partial():
    """SYN sent, SYN received, both FINs, reset."""
    sent = Connection()
    sent.send("h1", "S")
    known = Connection().open()
    received = Connection(9001, S, known.sport, known.ext)
    received.send("s", "S")
    closed = Connection().open()
    closed.send("h1", "FA")
    closed.send("s", "FA")
    reset = Connection().open()
    reset.send("s", "R")
    return [sent, received, closed, reset]


def wake_partial(connections):
    for c, flags in zip(connections, ("SA", "S", "A", "PA")):
        c.send("s", flags)


def idle_partial(second, lifetime=240):
    idle(second, lifetime, 0.7, begin_partial, wake_partial)


# ------------------------------------------------------------------ one port

def closed_connection():
    c = Connection().open()
    c.send("h1", "FA")
    c.send("s", "FA")
    c.send("h1", "A")
    return c


def refused(c, **more):
    """h1 is told that there is no port for it."""
    packet = c.segment("h1", "S", **more)
    seen = net.seen(net.h1.send, packet)
    same(seen.s + seen.wan, [], "packets at s and on the WAN")
    equal([read_error(p)[:3] for p in seen.h1], [("192.168.1.1", H1, (3, 1, bytes(4)))], "at h1")


def taken_over():
    """The only port, of a connection that is over: by a SYN beyond its numbers."""
    old = closed_connection()
    new = Connection()
    for before in 1, 2, 100000:
        refused(new, seq=old.next["h1"] - before)
    new.next["h1"] = old.next["h1"] + 1
    walk("h1:S:syn-out s:SA:established h1:A:established", new)
    # Which is live, and does not give way.
    other = Connection()
    refused(other, seq=new.next["h1"] + 1000)
    walk("h1:FA:fin-out", new)
    refused(other, seq=new.next["h1"] + 1000)
    # What comes for the old one is the new one's now, and nobody else's.
    new.send("s", "PA", b"last words")
    walk("s:FA:fin-both", new)


def taken_over_later(second):
    """After 60 s by any number; a live one, or one just closed, never."""
    for _n in range(3):
        clock = Clock(second)
        old = closed_connection()
        last = Clock(second)
        new = Connection()
        clock.sleep_until(30)
        if not in_time(clock, 60, lambda: refused(new, seq=old.next["h1"] - 10)):
            continue
        last.sleep_until(65)
        new.next["h1"] = (old.next["h1"] - 10) & 0xffffffff
        new.send("h1", "S")
        equal(old.session(), None, "old session")
        new.send("s", "SA")
        return
    raise AssertionError("too slow")


if __name__ == "__main__":
    net = Net(*sys.argv[1:])
    serve(globals())
