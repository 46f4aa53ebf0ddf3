#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Calls mirror.py from many sockets and says how they were seen.

usage: sockets.py PROTO INNER-PORT COUNT PEER

Socket n calls PEER, an ADDRESS:PORT; or, if that is `all:FIRST-LAST`, the nth
of 198.51.100.1-20 with those ports. All are bound to INNER-PORT unless that
is 0. Prints JSON on one line:
    seen      ports they were seen with, in the order of the calls
    addresses the different addresses
    failed    names of errors, in the order of the calls
and keeps the sockets open until standard input ends.
"""
import errno
import itertools
import json
import socket
import sys

IP_RECVERR = 11


def peers(spec):
    address, port = spec.split(":")
    if address != "all":
        return itertools.repeat((address, int(port)))
    first, last = map(int, port.split("-"))
    return itertools.cycle([("198.51.100.%d" % n, p)
                            for p in range(first, last + 1)
                            for n in range(1, 21)])


def call(proto, inner_port, peer):
    kind = socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM
    sock = socket.socket(socket.AF_INET, kind)
    # One inner endpoint with many peers has a connected socket for each.
    # Without a given port, reuse would let two sockets choose the same.
    if inner_port:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    # UDP is told of a host that is unreachable only if it asks.
    sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    sock.settimeout(5)
    sock.bind(("", inner_port))
    sock.connect(peer)
    if proto == "udp":
        sock.send(b"?")
    address, port = sock.recv(100).decode().split()
    return sock, address, int(port)


def main(proto, inner_port, count, peer):
    sockets, seen, addresses, failed = [], [], set(), []
    for _n, where in zip(range(int(count)), peers(peer)):
        try:
            sock, address, port = call(proto, int(inner_port), where)
        except socket.timeout:
            failed.append("timeout")
            continue
        except OSError as err:
            failed.append(errno.errorcode[err.errno])
            continue
        sockets.append(sock)
        addresses.add(address)
        seen.append(port)
    print(json.dumps({"seen": seen, "addresses": sorted(addresses),
                      "failed": failed}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
