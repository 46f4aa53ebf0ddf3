#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tells whoever calls from which address and port they are seen to call.

usage: mirror.py PORT...

On 198.51.100.1 to .20, UDP and TCP; a TCP connection stays open until the
caller closes it.
"""
import selectors
import socket
import sys

ADDRESSES = ["198.51.100.%d" % n for n in range(1, 21)]


def seen(peer):
    return ("%s %d\n" % peer).encode()


def answer_udp(sock, _selector):
    data, peer = sock.recvfrom(2048)
    sock.sendto(seen(peer), peer)


def accept(listener, selector):
    sock, peer = listener.accept()
    sock.send(seen(peer))
    selector.register(sock, selectors.EVENT_READ, hang_up)


def hang_up(sock, selector):
    try:
        if sock.recv(2048):
            return
    except OSError:
        pass
    selector.unregister(sock)
    sock.close()


def main(ports):
    selector = selectors.DefaultSelector()
    for port in ports:
        # Bound to an address each, so that it answers from that.
        for address in ADDRESSES:
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind((address, port))
            selector.register(sock, selectors.EVENT_READ, answer_udp)
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("", port))
        sock.listen(1000)
        selector.register(sock, selectors.EVENT_READ, accept)
    while True:
        for key, _events in selector.select():
            key.data(key.fileobj, selector)


if __name__ == "__main__":
    main([int(port) for port in sys.argv[1:]])
