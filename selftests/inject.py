#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Sends crafted packets to a neighbour.

usage: inject.py DEV MAC

Each line of standard input is a scapy expression, as IPv6(...)/IP(...)/UDP();
`sent` is printed when the packet is. Scapy takes seconds to load, so one
process sends them all.
"""
import sys

from scapy.config import conf
from scapy.layers.inet import GRE, ICMP, IP, TCP, UDP  # noqa: F401
from scapy.layers.inet6 import (  # noqa: F401
    ICMPv6PacketTooBig, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop)
from scapy.layers.l2 import Ether


def main(dev, mac):
    sock = conf.L2socket(iface=dev)
    for line in sys.stdin:
        # Its types are those of the network layer: what is next is clear.
        packet = eval(line)  # pylint: disable=eval-used
        sock.send(Ether(dst=mac) / packet)
        print("sent", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
