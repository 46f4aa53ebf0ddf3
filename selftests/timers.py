#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Judges how long idle sessions live.

usage: timers.py NET DEV CE6 BR6 CE4 SECOND HZ HOST SCENARIO [VERDICTS]

SECOND is how many jiffies a second of the NAT lasts. The packets, from host
192.168.1.HOST, are those of ends.py. In a scenario there are cases, and of each
several sessions: one packet is sent from outside to each, to some just before
their time is over and to others just after. So slow a machine can be that
nobody knows whether it was before: what was sent is judged by the times before
and after it, and what is in doubt is tried again. Prints JSON: of each case
`wrong`, a list of what was, and `before` and `after`, how many probes were told
right.
"""
import heapq
import json
import subprocess
import sys
import time

from ends import MARK_SIZE, PROTOCOLS, Line, icmp_error, now, packet

ROUNDS = 2
# How near to their end sessions are probed, before and after it.
NEAR = 1, 3, 6
# A step that is so many seconds late may come to a session that has expired.
LATE = 7
FOREIGNER = "203.0.113.253"


class TooLate(Exception):
    """A session is of no use: the machine is too slow."""


class Session:
    """One session of a case, and the interval in which its time began."""

    def __init__(self, clock, proto, port):
        self.clock, self.line, self.proto = clock, clock.line, PROTOCOLS[proto]
        n = next(clock.numbers)
        self.inner = clock.host, 20000 + n
        self.remote = "203.0.113.%d" % (n % 250 + 1), port or 7000
        self.seq, self.ack = 1000, 5000
        self.begun = self.ext = None
        self.opened, self.ready = now(), False

    def key(self):
        return (*self.inner, self.remote[0], self.remote[1] if self.proto != 1 else 0)

    def out(self, flags="S"):
        begun = now()
        ext, = self.line.out(self.proto, [(self.inner, self.remote)], flags, self.seq, self.ack)
        self.begun = begun, now()
        assert ext, "%s from inside did not come out" % flags
        self.ext = ext
        self.seq += MARK_SIZE + ("S" in flags) + ("F" in flags)

    def comes_in(self, flags="A", remote=None):
        where, = self.line.come_in(self.proto, [(remote or self.remote, self.ext)],
                                   flags, self.ack, self.seq)
        return where == self.inner

    def in_(self, flags="A"):
        begun = now()
        assert self.comes_in(flags), "%s from outside did not come in" % flags
        self.begun = begun, now()
        self.ack += MARK_SIZE + ("S" in flags) + ("F" in flags)

    def stranger(self):
        """From here on it is about the session of one whom nobody asked."""
        self.asked, self.remote = self.remote, (FOREIGNER, 10000 + self.inner[1] % 10000)
        self.in_("S")

    def keep_mapping(self):
        self.line.out(self.proto, [(self.inner, self.asked)])

    def is_listed(self):
        return self.key() in self.clock.sessions()

    def changes(self, should):
        """Have just that many been made?"""
        if self.clock.changes != should:
            raise TooLate

    # What follows must not put off the end.

    def reset_out(self):
        begun = self.begun
        self.out("R")
        self.begun = begun

    def reset_in(self):
        begun = self.begun
        self.in_("R")
        self.begun = begun

    def foreign(self):
        """What the filtering keeps out."""
        assert not self.comes_in("S", (FOREIGNER, 7)), "a foreigner came in"

    def foreign_in(self):
        """What endpoint-independent filtering lets in."""
        assert self.comes_in("S", (FOREIGNER, 7)), "a foreigner did not come in"

    def error_out(self):
        """Inside says that nobody is there, quoting what it got."""
        quoted = packet(self.proto, self.remote, self.inner, b"")[:28]
        self.line.came_out()
        self.line.emit(icmp_error(self.inner[0], self.remote[0], 3, 3, quoted))
        assert [data for data in self.line.came_out() if data[9] == 1], "an error did not come out"

    def error_in(self):
        quoted = packet(self.proto, (self.line.ce4, self.ext), self.remote, b"")[:28]
        self.line.came_in()
        self.line.inject(icmp_error("203.0.113.252", self.line.ce4, 3, 1, quoted))
        assert [data for data in self.line.came_in() if data[9] == 1], "an error did not come in"


HANDSHAKE = [("out", "S"), ("in_", "SA"), ("out", "A")]


class Case:
    """
    A way to make a session, steps of which a number is a time to wait until,
    in seconds since it began; the seconds it shall live from there; and its
    state. `probe` tells whether packets still come in.
    """

    def __init__(self, name, seconds, state, *steps, proto="udp", port=None, probe=Session.comes_in):
        self.name, self.seconds, self.state, self.steps = name, seconds, state, steps
        self.proto, self.port, self.probe = proto, port, probe
        self.wrong, self.before, self.after, self.listed, self.unlisted = [], 0, 0, 0, 0

    def verdict(self):
        if self.wrong:
            return "wrong"
        # Each in its right place, and seen by the tool and by traffic.
        if self.before and self.after and self.listed and self.unlisted:
            return "right"
        return "doubtful"


def reset(session):
    """An RST leaves a session that is reset as it is, and ends others."""
    return session.comes_in("R")


def tcp(name, seconds, state, *steps):
    probe = Session.comes_in if state in ("fin-both", "syn-in") else reset
    return Case(name, seconds, state, *HANDSHAKE, *steps, proto="tcp", probe=probe)


def by_another(session):
    """By whom nobody knows yet: is the mapping there?"""
    another = FOREIGNER, 10000 + session.inner[1] % 10000
    return session.comes_in("S", another)


SCENARIOS = {
    "usual": lambda: ([], [
        Case("D-04 ping", 60, "new", ("out", "S"), proto="icmp"),
        Case("D-04 ping, answered", 60, "answered", ("out", "S"), ("in_", "A"), proto="icmp"),
        Case("F-05 UDP", 120, "new", ("out", "S")),
        Case("F-05 UDP, answered", 300, "answered", ("out", "S"), ("in_", "A")),
        Case("F-05 UDP-Lite", 120, "new", ("out", "S"), proto="udplite"),
        Case("F-05 DNS", 30, "new", ("out", "S"), port=53),
        Case("F-05 DNS, answered", 10, "answered", ("out", "S"), ("in_", "A"), port=53),
        Case("F-05 NTP", 30, "new", ("out", "S"), port=123),
        Case("F-05 NTP, answered", 30, "answered", ("out", "S"), ("in_", "A"), port=123),
        Case("F-06 outbound UDP refreshes", 120, "new", ("out", "S"), 80, ("out", "S")),
        Case("F-06 outbound NTP refreshes", 30, "answered", ("out", "S"), ("in_", "A"), 20, ("out", "S"),
             port=123),
        Case("F-06 an outbound ping refreshes", 60, "new", ("out", "S"), 40, ("out", "S"), proto="icmp"),
        Case("F-06 S-11 filtered inbound does not refresh", 120, "new",
             ("out", "S"), 40, ("foreign",), 80, ("foreign",), 110, ("foreign",)),
        Case("F-06 D-09 an ICMP error from inside does not refresh", 30, "answered",
             ("out", "S"), ("in_", "A"), 10, ("error_out",), 20, ("error_out",), port=123),
        Case("F-06 D-09 an ICMP error from outside does not refresh", 30, "new",
             ("out", "S"), 10, ("error_in",), 20, ("error_in",), port=123),
        Case("F-06 S-11 an RST from inside does not refresh what is half open", 240, "transitory",
             ("out", "S"), 120, ("reset_out",), proto="tcp", probe=reset),
        tcp("F-06 S-11 an RST from inside does not refresh what is reset", 240, "transitory",
            ("out", "R"), 80, ("reset_out",), 160, ("reset_out",)),
        tcp("F-06 S-11 an RST from outside does not refresh what is reset", 240, "transitory",
            ("in_", "R"), 120, ("reset_in",)),
        Case("G-05 TCP, SYN sent", 240, "syn-out", ("out", "S"), proto="tcp"),
        tcp("G-05 TCP, both FIN", 240, "fin-both", ("out", "FA"), ("in_", "FA")),
        tcp("G-05 TCP, both FIN, the other first", 240, "fin-both", ("in_", "FA"), ("out", "FA")),
        tcp("G-05 TCP, RST from inside", 240, "transitory", ("out", "R")),
        tcp("G-05 TCP, RST from outside", 240, "transitory", ("in_", "R")),
        Case("G-05 TCP, picked up in the middle", 240, "transitory", ("out", "A"), proto="tcp", probe=reset),
        Case("I-02 SCTP", 240, "new", ("out", "S"), proto="sctp", probe=reset),
        Case("I-01 DCCP", 240, "new", ("out", "S"), proto="dccp", probe=reset),
    ]),
    # All are let in, but only inside keeps a mapping.
    "endpoint": lambda: ([], [
        Case("F-06 S-11 inbound from others does not keep the mapping", 120, "new",
             ("out", "S"), 40, ("foreign_in",), 80, ("foreign_in",), 110, ("foreign_in",), probe=by_another),
        # Whoever comes in by a mapping begins a session: traffic tells nothing.
        Case("F-05 UDP, begun outside", 120, "new-in", ("out", "S"), ("stranger",), 60, ("keep_mapping",),
             probe=Session.is_listed),
    ]),
    # Times are those of the next packet.
    "changed": lambda: ([(0, "ntp,100"), (20, "ntp,150"), (45, "ntp,20"), (80, "ntp,default")], [
        Case("without a packet the old time counts", 100, "new", ("changes", 1), ("out", "S"), port=123),
        Case("from the next packet on a longer time counts", 150, "new",
             ("changes", 1), ("out", "S"), 32, ("changes", 2), ("out", "S"), port=123),
        Case("from the next packet on a shorter time counts", 20, "new",
             ("changes", 1), ("out", "S"), 62, ("changes", 3), ("out", "S"), port=123),
        Case("by default it is the default again", 30, "new", 100, ("changes", 4), ("out", "S"), port=123),
    ]),
    "long": lambda: ([], [
        tcp("G-04 G-05 TCP, established", 7440, "established"),
        tcp("G-04 G-05 TCP, one FIN from inside", 7440, "fin-out", ("out", "FA")),
        tcp("G-04 G-05 TCP, one FIN from outside", 7440, "fin-in", ("in_", "FA")),
        tcp("G-05 TCP, revived after an RST", 7440, "established", ("in_", "R"), ("out", "A")),
        tcp("G-05 TCP, SYN from outside", 240, "syn-in", ("stranger",)),
        Case("I-02 SCTP, answered", 7440, "answered", ("out", "S"), ("in_", "A"), proto="sctp", probe=reset),
        Case("I-01 DCCP, answered", 7440, "answered", ("out", "S"), ("in_", "A"), proto="dccp", probe=reset),
    ]),
}


class Clock:
    """A NAT's time, and what happens when."""

    def __init__(self, line, net, dev, second, tick, host):
        self.line, self.net, self.dev, self.host = line, net, dev, host
        self.second = second
        # Ours is the time of the last tick, give or take one.
        self.slack = 3 * tick
        self.near = max(second, 10 * tick)
        self.late = max(LATE * second, 50 * tick)
        self.numbers = iter(range(20000))
        self.agenda, self.order = [], 0
        self.opened, self.to_open = [], []
        self.list_due = False
        self.changes = 0

    def at(self, when, what, *args):
        self.order += 1
        heapq.heappush(self.agenda, (when, self.order, what, args))

    def run(self):
        """Sessions are opened while nothing else is to be done for a while."""
        pause_until = 0
        while self.agenda or self.to_open:
            begun = now()
            wait = self.agenda[0][0] - begun if self.agenda else 1
            if wait <= 0 or not self.to_open:
                when, _order, what, args = heapq.heappop(self.agenda)
                time.sleep(max(0, when - begun))
                what(*args)
            elif wait > 0.02 and begun >= pause_until:
                self.open(*self.to_open.pop(0))
                # All that follows will take its time, too.
                pause_until = 2 * now() - begun
            else:
                time.sleep(min(wait, max(pause_until - begun, 0.001)))

    def alive(self, session, seconds, begun, ended):
        """Has it to live in all of that interval, or in none of it?"""
        if ended - session.begun[0] < seconds * self.second - self.slack:
            return True
        if begun - session.begun[1] > (seconds + 1) * self.second + self.slack:
            return False
        return None

    def open(self, case, kind, n):
        session = Session(self, case.proto, case.port)
        session.kind = kind
        self.opened.append((case, session))
        self.go_on(case, session, case.steps, n, 0)

    def go_on(self, case, session, steps, n, due):
        """The next steps, until one is to wait."""
        deadline = session.opened + due * self.second + self.late
        try:
            for i, step in enumerate(steps):
                if not isinstance(step, tuple):
                    self.at(session.opened + step * self.second, self.go_on, case, session,
                            steps[i + 1:], n, step)
                    return
                getattr(session, step[0])(*step[1:])
                if now() > deadline:
                    return
        except TooLate:
            return
        except AssertionError as err:
            if now() < deadline:
                case.wrong.append(str(err))
            return
        session.ready = True
        if session.kind == "before":
            when = session.begun[0] + case.seconds * self.second - n * self.near
        else:
            when = session.begun[1] + (case.seconds + 1) * self.second + n * self.near
        self.at(when, self.probe, case, session)
        if not self.list_due and not case.listed:
            self.list_due = True
            self.at(now() + self.second, self.list)

    def probe(self, case, session):
        begun = now()
        came = case.probe(session)
        ended = now()
        # What came in has put off the end.
        session.ready = not came
        should = self.alive(session, case.seconds, begun, ended)
        if should is None:
            return
        if came != should:
            case.wrong.append("%s at %.2f to %.2f s" % (
                "came in" if came else "did not come in", (begun - session.begun[1]) / self.second,
                (ended - session.begun[0]) / self.second))
        elif came:
            case.before += 1
        elif begun - session.begun[1] < (case.seconds + 1) * self.second + 20 * self.near:
            case.after += 1

    def sessions(self):
        command = ["ip", "netns", "exec", self.net + "-ce", "mape", "session", "list",
                   "--dev", self.dev, "--json"]
        shown = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        return {(e["inner"], e["inner_port"], e["remote"], e["remote_port"]): e for e in shown}

    def list(self):
        """What the tool says of those to which nothing more will happen."""
        self.list_due = False
        begun = now()
        shown = self.sessions()
        ended = now()
        for case, session in self.opened:
            if session.ready:
                self.judge(case, session, shown.get(session.key()), begun, ended)

    def judge(self, case, session, entry, begun, ended):
        should = self.alive(session, case.seconds, begun, ended)
        if should is None:
            return
        if bool(entry) != should:
            case.wrong.append("listed: %s" % entry)
        elif not entry:
            case.unlisted += 1
        else:
            case.listed += 1
            least = case.seconds - (ended - session.begun[0] + self.slack) / self.second
            most = case.seconds + 2 - (begun - session.begun[1] - self.slack) / self.second
            if entry["state"] != case.state or not least <= entry["expires"] <= most:
                case.wrong.append("listed: %s, should be %s for %.1f to %.1f s" % (
                    entry, case.state, least, most))

    def change(self, timeout):
        subprocess.run(["ip", "-n", self.net + "-ce", "link", "set", self.dev, "type", "mape",
                        "timeout", timeout], check=True)
        self.changes += 1

    def round(self, changes, cases):
        self.opened, self.changes = [], 0
        # Those who live longest can wait for the others.
        self.to_open = [(case, kind, n) for case in sorted(cases, key=lambda case: -case.seconds)
                        for kind in ("before", "after") for n in NEAR]
        # The first one comes before them all.
        for n, (seconds, timeout) in enumerate(changes):
            if n:
                self.at(now() + seconds * self.second, self.change, timeout)
            else:
                self.change(timeout)
        self.run()
        self.list()


def hole(line, clock):
    """One whom nobody asked knocks until nobody opens; how often it came in."""
    session = Session(clock, "udp", None)
    session.out()
    for n in range(60):
        if not session.comes_in("S", (FOREIGNER, 7)):
            break
        time.sleep(10 * clock.second)
    return n


def judged_before(path):
    with open(path, encoding="ascii") as file:
        verdicts = [line.rstrip("\n").split("\t") for line in file]
    return {name: (verdict, why) for verdict, name, why in verdicts if verdict != "doubtful"}


def main(net, dev, ce6, br6, ce4, second, hz, host, scenario, verdicts=None):
    line = Line(net, ce6, br6, ce4, "192.168.1.%d" % (int(host) + 1))
    clock = Clock(line, net, dev, int(second) / int(hz), 1 / int(hz), "192.168.1." + host)
    if scenario == "hole":
        print(hole(line, clock))
        return
    changes, cases = SCENARIOS[scenario]()
    before = judged_before(verdicts) if verdicts else {}
    for _n in range(ROUNDS):
        todo = [case for case in cases if case.verdict() == "doubtful" and case.name not in before]
        if todo:
            clock.round(changes, todo)
    for case in cases:
        verdict, why = before.get(case.name) or (case.verdict(), "; ".join(case.wrong[:6]))
        print(verdict, case.name, why, sep="\t")


if __name__ == "__main__":
    main(*sys.argv[1:])
