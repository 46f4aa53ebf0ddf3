#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The port set of a customer edge, straight from RFC 7597 section 5.1.

A port is the bit string A | PSID | j with A of a bits and PSID of k bits;
for a > 0, A must not be 0. Every port is looked at: slow, and hard to get
wrong. This is the tests' oracle; it shares nothing with the module.
"""
import sys


def port_set(a, k, psid):
    ports = set()
    for port in range(1, 65536):
        bits = format(port, "016b")
        if k and bits[a:a + k] != format(psid, "0%db" % k):
            continue
        if a > 0 and k and bits[:a] == "0" * a:
            continue
        ports.add(port)
    return ports


def ranges(ports):
    found = []
    for port in sorted(ports):
        if found and found[-1][1] == port - 1:
            found[-1][1] = port
        else:
            found.append([port, port])
    return found


if __name__ == "__main__":
    print(" ".join("%d-%d" % (first, last) for first, last
                   in ranges(port_set(*map(int, sys.argv[1:4])))))
