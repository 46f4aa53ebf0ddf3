#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""One UDP socket: greets some peers, then prints what it gets.

usage: endpoint.py PORT TEXT [PEER-ADDRESS:PORT...]

Each datagram is a line: ADDRESS PORT LENGTH TEXT. Greets again each time
standard input has a line.
"""
import selectors
import socket
import sys


def main(port, text, peers):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("", port))
    selector = selectors.DefaultSelector()
    selector.register(sock, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    again = True
    while True:
        for address, peer_port in peers if again else ():
            sock.sendto(text.encode(), (address, peer_port))
        again = False
        for key, _events in selector.select():
            if key.fileobj is not sock:
                again = sys.stdin.readline() != ""
                if not again:
                    return
                continue
            data, (address, peer_port) = sock.recvfrom(65536)
            print(address, peer_port, len(data), data[:40].decode("latin-1"), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2],
         [(a, int(p)) for a, p in (peer.split(":") for peer in sys.argv[3:])])
