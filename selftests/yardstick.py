#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What a NAT between two namespaces can hold, by sockets.

usage: yardstick.py CLIENTS SERVERS

All clients and all servers are in this process, in the namespaces of these
names; the servers are 198.51.100.1-20. Prints JSON:

    one      connections held at once of 250 to one server
    ten      the same, of 240 to each of ten
    row      connections of 2000 in a row, each one byte long, that worked
    changes  of 1000 UDP sockets with 3 peers each that nobody else talks to,
             how many were seen with more than one port
"""
import json
import resource
import select
import socket
import sys
import time

from ends import Namespace

ADDRESSES = ["198.51.100.%d" % n for n in range(1, 21)]
PORT_ONE, PORT_TEN, PORT_ROW = 7001, 7002, 7003
# Without any progress in that time there will be none.
PATIENCE = 3


def sockets(namespace, kind, count):
    with namespace:
        return [socket.socket(socket.AF_INET, kind) for _n in range(count)]


def listener(servers, port):
    sock, = sockets(servers, socket.SOCK_STREAM, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("", port))
    sock.listen(4096)
    sock.setblocking(False)
    return sock


def all_of(call):
    """What a socket that does not block has ready."""
    while True:
        try:
            yield call()
        except BlockingIOError:
            return


def is_told(sock):
    sock.settimeout(PATIENCE)
    try:
        return sock.recv(9) == b"?"
    except OSError:
        return False


def held(clients, servers, port, peers):
    """Calls them all; on how many connections comes something in the end."""
    server = listener(servers, port)
    calling, up, answered = {}, [], []
    poll = select.poll()
    poll.register(server, select.POLLIN)
    for sock, peer in zip(sockets(clients, socket.SOCK_STREAM, len(peers)), peers):
        sock.setblocking(False)
        sock.connect_ex((peer, port))
        calling[sock.fileno()] = sock
        poll.register(sock, select.POLLOUT)
        answered += all_of(server.accept)
    while calling:
        ready = poll.poll(PATIENCE * 1000)
        if not ready:
            break
        for number, _events in ready:
            sock = calling.pop(number, None)
            if sock:
                poll.unregister(sock)
                if not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    up.append(sock)
        answered += all_of(server.accept)
    for sock in up:
        sock.send(b"?")
    # Each at once: none has been given up for another.
    answered += all_of(server.accept)
    return sum(is_told(sock) for sock, _peer in answered)


def in_a_row(clients, servers, count):
    server = listener(servers, PORT_ROW)
    server.setblocking(True)
    server.settimeout(PATIENCE)
    worked = failed = 0
    while worked + failed < count and failed < 3:
        with sockets(clients, socket.SOCK_STREAM, 1)[0] as sock:
            sock.settimeout(PATIENCE)
            try:
                sock.connect((ADDRESSES[0], PORT_ROW))
                sock.send(b"?")
                sock.close()
                with server.accept()[0] as other:
                    worked += other.recv(9) == b"?"
            except OSError:
                failed += 1
    return worked


def changes(clients, servers, count, peers_each):
    ports = range(8000, 8000 + count * peers_each // len(ADDRESSES))
    receivers = sockets(servers, socket.SOCK_DGRAM, len(ports))
    for sock, port in zip(receivers, ports):
        sock.bind(("", port))
        sock.settimeout(PATIENCE)
    peers = [(address, port) for port in ports for address in ADDRESSES]
    senders = sockets(clients, socket.SOCK_DGRAM, count)
    seen = [set() for _n in senders]
    for turn in range(peers_each):
        for n, sender in enumerate(senders):
            peer = peers[turn * count + n]
            sender.sendto(b"%d" % n, peer)
            receiver = receivers[peer[1] - ports[0]]
            data, source = receiver.recvfrom(100)
            seen[int(data)].add(source)
    return sum(len(ports) > 1 for ports in seen)


def main(clients, servers):
    resource.setrlimit(resource.RLIMIT_NOFILE, (16384, 16384))
    clients, servers = Namespace(clients), Namespace(servers)
    result = {}
    for name, measure in (
            ("one", lambda: held(clients, servers, PORT_ONE, ADDRESSES[:1] * 250)),
            ("ten", lambda: held(clients, servers, PORT_TEN, ADDRESSES[:10] * 240)),
            ("row", lambda: in_a_row(clients, servers, 2000)),
            ("changes", lambda: changes(clients, servers, 1000, 3))):
        begun = time.monotonic()
        result[name] = measure()
        print(name, result[name], "%.1f s" % (time.monotonic() - begun), file=sys.stderr)
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
