#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""One UDP socket: greets some peers, then prints what it gets.

usage: endpoint.py PORT TEXT [PEER-ADDRESS:PORT...]

Each datagram is a line: ADDRESS PORT LENGTH TEXT. Greets again each time
standard input has a line: the peer that names, or all if it is empty.
"""
import os
import selectors
import socket
import sys


def peer(text):
    address, port = text.split(":")
    return address, int(port)


def show(data, address, port):
    print(address, port, len(data), data[:40].decode("latin-1").strip(), flush=True)


def main(port, text, peers):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("", port))
    selector = selectors.DefaultSelector()
    selector.register(sock, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    greeted = peers
    while True:
        for where in greeted:
            sock.sendto(text.encode(), where)
        greeted = []
        for key, _events in selector.select():
            if key.fileobj is sock:
                data, where = sock.recvfrom(65536)
                show(data, *where)
                continue
            # Each is written as a whole; readline() would hide a second one.
            lines = os.read(sys.stdin.fileno(), 4096).decode().splitlines()
            if not lines:
                return
            for line in lines:
                greeted += [peer(line)] if line else peers


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], [peer(text) for text in sys.argv[3:]])
