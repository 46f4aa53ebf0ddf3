#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""One of two who talk through NATs that let in only answers: both begin.

usage: punch.py udp|tcp LOCAL-PORT PEER PEER-PORT

Either sends a text of its own, 100000 octets of it over TCP, and waits for the
other's, which must come from PEER. The status is not 0 if it does not within
20 s.
"""
import socket
import sys
import time

SIZE = 100000
PATIENCE = 20


def text(port):
    return (b"from %d " % port * SIZE)[:SIZE]


def udp(sock, local_port, peer):
    """Sends until the other says it has heard us; once more, so it knows."""
    sock.settimeout(0.1)
    heard = known = False
    end = time.monotonic() + PATIENCE
    while not known:
        if time.monotonic() > end:
            sys.exit("no other")
        sock.sendto(b"%d %d" % (local_port, heard), peer)
        try:
            data, where = sock.recvfrom(100)
        except socket.timeout:
            continue
        port, known = map(int, data.split())
        assert where == peer and port == peer[1], "%s came from %s" % (data, where)
        heard = True
    for _n in range(3):
        sock.sendto(b"%d 1" % local_port, peer)


def tcp(sock, local_port, peer):
    """Both call, none listens: RFC 9293's simultaneous open."""
    sock.settimeout(PATIENCE)
    sock.connect(peer)
    sock.sendall(text(local_port))
    sock.shutdown(socket.SHUT_WR)
    data = b""
    while True:
        more = sock.recv(65536)
        if not more:
            break
        data += more
    assert data == text(peer[1]), "%d octets came" % len(data)


def main(proto, local_port, peer, peer_port):
    kind = socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("", int(local_port)))
        (tcp if proto == "tcp" else udp)(sock, int(local_port), (peer, int(peer_port)))


if __name__ == "__main__":
    main(*sys.argv[1:])
