#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Generic netlink by hand: what the tool never sends, and how the answer comes.

usage: genl.py bad DEV OTHER-DEV NO-NAT-DEV
         what is wrong with each of many requests: a line each, its name and,
         behind a `|`, what is wrong with the answer, if anything is
       genl.py dump DEV COMMAND [ATTRIBUTE=HEX...]
         how a dump came, as JSON: entries, how many different ones, datagrams,
         errno, sentence
       genl.py rules DEV COUNT
         adds rules until there are so many; prints what the next one gets
       genl.py torn DEV
         begins a dump of the sessions; ends it when standard input has a line
"""
import errno
import json
import socket
import struct
import sys

COMMANDS = ("GET_SESSION DEL_SESSION GET_MAPPING GET_PORTS NEW_FORWARD DEL_FORWARD GET_FORWARD"
            " NEW_RULE DEL_RULE GET_RULE SET_RULES GET_STATS").split()
CMD = {name: n for n, name in enumerate(COMMANDS, 1)}
DUMPS = {"GET_SESSION", "GET_MAPPING", "GET_PORTS", "GET_FORWARD", "GET_RULE"}
WITHOUT_NAT = {"NEW_RULE", "DEL_RULE", "GET_RULE", "SET_RULES", "GET_STATS"}
ATTR = {name: n for n, name in enumerate(
    ("PAD IFINDEX PROTO INNER INNER_PORT EXT_PORT REMOTE REMOTE_PORT STATE EXPIRES FLAGS SESSIONS"
     " SESSIONS_MAX SESSIONS_PER_HOST MAPPINGS PORTS_TOTAL PORTS_FREE PORTS_SHARED PORTS_STATIC"
     " PORTS_RESERVED RULE RULES STATS STAT NAME VALUE IPV4 IPV4_LEN PSID CE_ADDR").split(), 1)}
SIZES = {"IFINDEX": 4, "PROTO": 1, "INNER": 4, "INNER_PORT": 2, "EXT_PORT": 2, "REMOTE": 4,
         "REMOTE_PORT": 2, "RULE": 28}
NESTED = 0x8000
ENTRY = ["IFINDEX", "PROTO", "INNER", "INNER_PORT", "EXT_PORT", "REMOTE", "REMOTE_PORT"]
# What a command takes: all else it refuses.
TAKES = {"GET_SESSION": ENTRY, "DEL_SESSION": ENTRY, "GET_MAPPING": ENTRY[:5],
         "GET_PORTS": ENTRY[:1], "NEW_FORWARD": ENTRY[:5],
         "DEL_FORWARD": ["IFINDEX", "PROTO", "EXT_PORT"], "GET_FORWARD": ENTRY[:1],
         "NEW_RULE": ["IFINDEX", "RULE"], "DEL_RULE": ["IFINDEX", "RULE"],
         "GET_RULE": ENTRY[:1], "SET_RULES": ["IFINDEX", "RULES"], "GET_STATS": ENTRY[:1]}
SOL_NETLINK, NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_STRICT = 270, 10, 11, 12
REQUEST_ACK, DUMP = 0x5, 0x300
ERROR, DONE = 2, 3


def attr(kind, data):
    kind = ATTR.get(kind, kind)
    head = struct.pack("=HH", 4 + len(data), kind)
    return head + data + bytes(-len(data) % 4)


def rule(number, ea_len=0, flags=0):
    """A /48 and an address each, so that any number of them goes together. a = 4."""
    return (socket.inet_pton(socket.AF_INET6, "2001:db8:%x::" % (0x8000 + number)) +
            bytes([203, 0, number >> 8, number & 0xff]) +
            struct.pack("=IBBBB", flags, 48, 32, ea_len, 4))


class Netlink:
    """A socket of generic netlink, and the number of our family."""

    def __init__(self, recv_size=65536):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        for option in NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_STRICT:
            self.sock.setsockopt(SOL_NETLINK, option, 1)
        self.sock.bind((0, 0))
        self.recv_size = recv_size
        self.seq = self.datagrams = 0
        self.family = 16
        reply = []
        self.ask(3, attr(2, b"mape\0"), each=reply.append)
        self.family = next(struct.unpack("=H", value)[0]
                           for kind, value in attributes(reply[0]) if kind == 1)

    def send(self, cmd, data, flags=0, header=None):
        self.seq += 1
        body = (struct.pack("=BBH", cmd, 1, 0) if header is None else header) + data
        self.sock.send(struct.pack("=IHHII", 16 + len(body), self.family, REQUEST_ACK | flags,
                                   self.seq, 0) + body)

    def messages(self):
        """Type and payload of each message up to the one that ends the answer."""
        while True:
            data = self.sock.recv(self.recv_size)
            self.datagrams += 1
            at = 0
            while at < len(data):
                size, kind, _flags, seq = struct.unpack_from("=IHHI", data, at)
                assert seq == self.seq, "an answer to another request"
                yield kind, data[at + 16:at + size]
                if kind in (ERROR, DONE):
                    return
                at += (size + 3) & ~3

    def answer(self, each):
        for kind, payload in self.messages():
            if kind not in (ERROR, DONE):
                each(payload)
                continue
            code, = struct.unpack_from("=i", payload)
            # Behind an error is the header of the request.
            rest = payload[20 if kind == ERROR else 4:]
            text = [value[:-1].decode() for what, value in attributes(rest, 0) if what == 1]
            return -code, "".join(text)

    def ask(self, cmd, data, flags=0, header=None, each=lambda payload: None):
        self.send(cmd, data, flags, header)
        return self.answer(each)

    def silent(self):
        """Is there nothing behind the answer?"""
        self.sock.setblocking(False)
        try:
            return not self.sock.recv(self.recv_size)
        except BlockingIOError:
            return True
        finally:
            self.sock.setblocking(True)


def attributes(data, at=4):
    while at + 4 <= len(data):
        size, kind = struct.unpack_from("=HH", data, at)
        yield kind & 0x3fff, data[at + 4:at + size]
        at += (size + 3) & ~3


class Cases:
    """Requests that must fail, and how; in groups, of which each has a line."""

    def __init__(self, dev):
        self.nl = Netlink()
        self.dev = self.index(socket.if_nametoindex(dev))
        self.problems = []

    @staticmethod
    def index(number):
        return attr("IFINDEX", struct.pack("=I", number))

    def group(self, name):
        print("%s|%s" % (name, "; ".join(self.problems)), flush=True)
        self.problems = []

    def case(self, what, cmd, data, *want, words="", flags=None, header=None):
        if flags is None:
            flags = DUMP if cmd in DUMPS else 0
        error, text = self.nl.ask(CMD.get(cmd, cmd), data, flags, header)
        if error not in want:
            self.problems.append("%s: %s '%s'" % (what, errno.errorcode.get(error, error), text))
        elif words not in text:
            self.problems.append("%s: '%s', not '%s'" % (what, text, words))
        elif not self.nl.silent():
            self.problems.append("%s: there is more" % what)

    @staticmethod
    def complete(cmd):
        """What a command must have beside the device."""
        data = b""
        if cmd in ("NEW_FORWARD", "DEL_FORWARD"):
            data += attr("PROTO", b"\x11") + attr("EXT_PORT", struct.pack("!H", 4929))
        if cmd == "NEW_FORWARD":
            data += attr("INNER", bytes([192, 168, 1, 2])) + attr("INNER_PORT", b"\0\7")
        if cmd in ("NEW_RULE", "DEL_RULE"):
            data += attr("RULE", rule(0))
        if cmd == "SET_RULES":
            data += attr(ATTR["RULES"] | NESTED, attr("RULE", rule(0)))
        return data

    def devices(self, cmd, other, no_nat):
        rest = self.complete(cmd)
        self.case("none", cmd, rest, errno.EINVAL, words="ifindex: the device is required")
        for number in 0, 0xffffffff, 1 << 30, socket.if_nametoindex("lo"), socket.if_nametoindex(other):
            self.case("number %d" % number, cmd, self.index(number) + rest, errno.ENODEV,
                      words="no such mape device")
        if cmd not in WITHOUT_NAT:
            self.case("without NAT", cmd, self.index(socket.if_nametoindex(no_nat)) + rest,
                      errno.EOPNOTSUPP, words="the device has no NAT")
        self.group("%s of no device that has it" % cmd)

    def attributes(self, cmd):
        good = self.dev + self.complete(cmd)
        for name in TAKES[cmd]:
            size = SIZES.get(name, 4)
            for wrong in {0, size - 1, size + 1}:
                self.case("%s of %d bytes" % (name, wrong), cmd, good + attr(name, bytes(wrong)),
                          errno.EINVAL, errno.ERANGE)
        for name in sorted(set(ATTR) - set(TAKES[cmd])):
            self.case(name, cmd, good + attr(name, bytes(4)), errno.EINVAL)
        for kind in 0, 31, 99, 0x3fff:
            self.case("attribute %d" % kind, cmd, good + attr(kind, bytes(4)), errno.EINVAL)
        self.group("%s with attributes that are wrong, or not for it" % cmd)

    def shapes(self, cmd):
        good = self.dev + self.complete(cmd)
        self.case("bytes behind it", cmd, good + b"\1\2\3", errno.EINVAL)
        self.case("an attribute without end", cmd, good + struct.pack("=HHI", 9, ATTR["PROTO"], 0),
                  errno.EINVAL)
        self.case("an attribute of 3 bytes", cmd, good + struct.pack("=HH", 3, ATTR["PROTO"]), errno.EINVAL)
        self.case("reserved bits", cmd, good, errno.EINVAL, header=struct.pack("=BBH", CMD[cmd], 1, 1))
        self.case("half a header", cmd, b"", errno.EINVAL, header=struct.pack("=BB", CMD[cmd], 1))
        self.case("a dump if it is none, or not one", cmd, good, errno.EOPNOTSUPP,
                  flags=0 if cmd in DUMPS else DUMP)
        self.group("%s in a message that is malformed" % cmd)

    def commands(self):
        for cmd in 0, 13, 14, 15, 255:
            self.case("command %d" % cmd, cmd, self.dev, errno.EOPNOTSUPP)
        self.group("commands that are not")

    def forward_needs(self, cmd, **names):
        values = dict(attributes(self.complete("NEW_FORWARD"), 0))
        for name, words in names.items():
            rest = b"".join(attr(kind, value) for kind, value in values.items()
                            if kind != ATTR[name] and kind in map(ATTR.get, TAKES[cmd]))
            self.case("no %s" % name, cmd, self.dev + rest, errno.EINVAL, words=words)
        self.group("%s with something left out" % cmd)

    def forwards(self):
        self.forward_needs("NEW_FORWARD", PROTO="proto:", INNER="inner:", INNER_PORT="inner port:")
        self.forward_needs("DEL_FORWARD", PROTO="proto:", EXT_PORT="external port:")
        for name, value, want, words in (
                ("INNER", bytes(4), errno.EINVAL, "inner: must be"),
                ("INNER", bytes([127, 0, 0, 1]), errno.EINVAL, "inner: must be"),
                ("INNER", bytes([224, 0, 0, 1]), errno.EINVAL, "inner: must be"),
                ("INNER", b"\xff" * 4, errno.EINVAL, "inner: must be"),
                ("INNER_PORT", b"\0\0", errno.EINVAL, "inner port: must be"),
                ("EXT_PORT", b"\0\0", errno.EINVAL, "external port: must be"),
                ("EXT_PORT", b"\0\x50", errno.ERANGE,
                 "4928-4943 .. 62272-62287 (15 ranges, one every 4096)"),
                ("PROTO", b"\1", errno.EPROTONOSUPPORT, "no ports"),
                ("PROTO", b"\x32", errno.EPROTONOSUPPORT, "no ports")):
            data = dict(attributes(self.complete("NEW_FORWARD"), 0))
            data[ATTR[name]] = value
            self.case("%s %s" % (name, value.hex()), "NEW_FORWARD",
                      self.dev + b"".join(attr(*item) for item in data.items()), want, words=words)
        self.group("NEW_FORWARD of what cannot be one")
        self.case("4929", "DEL_FORWARD", self.dev + self.complete("DEL_FORWARD"), errno.ENOENT,
                  words="external port: has no forward of this protocol")
        self.group("DEL_FORWARD of none")

    def set_rules(self, what, items, *want, words="", nested=NESTED):
        self.case(what, "SET_RULES", self.dev + attr(ATTR["RULES"] | nested, b"".join(items)), *want,
                  words=words)

    def rules(self):
        for cmd, words in ("NEW_RULE", "rule is"), ("DEL_RULE", "rule is"), ("SET_RULES", "rules are"):
            self.case(cmd, cmd, self.dev, errno.EINVAL, words=words)
        self.case("DEL_RULE", "DEL_RULE", self.dev + self.complete("DEL_RULE"), errno.ENOENT,
                  words="there is none with these prefixes")
        self.group("rules that are not")
        for what, data in (("EA bits 49", rule(0, 49)), ("unknown flag", rule(0, 0, 2)),
                           ("a + k > 16", rule(0, 13)), ("host bits", b"\xff" * 16 + rule(0)[16:])):
            self.case("NEW_RULE, " + what, "NEW_RULE", self.dev + attr("RULE", data), errno.EINVAL,
                      words="rule")
            self.set_rules(what, [attr("RULE", data)], errno.EINVAL, words="rule")
        self.group("rules that are wrong")
        self.set_rules("none", [], errno.EINVAL, words="rule: at least one")
        self.set_rules("none for the prefix", [attr("RULE", rule(1))], errno.EINVAL,
                       words="prefix: not inside any rule")
        self.set_rules("257", [attr("RULE", rule(n)) for n in range(257)], errno.ENOSPC,
                       words="no more than 256")
        self.set_rules("not nested", [attr("RULE", rule(0))], errno.EINVAL, nested=0)
        for size in 0, 27, 29:
            self.set_rules("%d bytes" % size, [attr("RULE", bytes(size))], errno.EINVAL, errno.ERANGE)
        self.set_rules("something else", [attr("PROTO", b"\1")], errno.EINVAL)
        self.group("SET_RULES with what is no list for the device")


def bad(dev, other, no_nat):
    cases = Cases(dev)
    for cmd in COMMANDS:
        cases.devices(cmd, other, no_nat)
        cases.attributes(cmd)
        cases.shapes(cmd)
    cases.commands()
    cases.forwards()
    cases.rules()


def dump(dev, cmd, *filters):
    """In as many datagrams as possible: the buffer is the smallest there is."""
    nl = Netlink(4096)
    data = Cases.index(socket.if_nametoindex(dev))
    for name, value in (f.split("=") for f in filters):
        data += attr(name, bytes.fromhex(value))
    before, entries = nl.datagrams, []
    error, text = nl.ask(CMD[cmd], data, DUMP, each=entries.append)
    # Flows, not how they are.
    keys = {bytes().join(v for k, v in attributes(e) if k < ATTR["STATE"]) for e in entries}
    print(json.dumps({"entries": len(entries), "different": len(keys), "datagrams": nl.datagrams - before,
                      "errno": errno.errorcode.get(error, error), "said": text}))


def add_rules(dev, count):
    nl = Netlink()
    device = Cases.index(socket.if_nametoindex(dev))
    have = []
    nl.ask(CMD["GET_RULE"], device, DUMP, each=have.append)
    for n in range(int(count) - len(have)):
        error, text = nl.ask(CMD["NEW_RULE"], device + attr("RULE", rule(n)))
        assert not error, "rule %d: %s" % (n, text)
    error, text = nl.ask(CMD["NEW_RULE"], device + attr("RULE", rule(999)))
    print(errno.errorcode.get(error, error), text)


def torn(dev):
    nl = Netlink(4096)
    nl.send(CMD["GET_SESSION"], Cases.index(socket.if_nametoindex(dev)), DUMP)
    parts = nl.messages()
    next(parts)
    print("begun", flush=True)
    sys.stdin.readline()
    for kind, payload in parts:
        if kind in (ERROR, DONE):
            code = -struct.unpack_from("=i", payload)[0]
            print(errno.errorcode.get(code, code), flush=True)


if __name__ == "__main__":
    {"bad": bad, "dump": dump, "rules": add_rules, "torn": torn}[sys.argv[1]](*sys.argv[2:])
