#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Are ports drawn by chance?

usage: chance.py a,k,PSID < BATCHES

A batch is a line of JSON with `ports`, drawn one after the other from a full
set without putting any back. Prints JSON:

    flows  how many ports were drawn
    ports  how likely chance is to draw each port as unevenly as that
    steps  how likely it is to go from one port to the next as unevenly
"""
import collections
import json
import math
import sys

from portset import port_set


def likelihood(counts, bins, scale=1.0):
    """Pearson's chi-square test, with Wilson and Hilferty's approximation."""
    expected = sum(counts.values()) / bins
    square = sum((counts[n] - expected) ** 2 for n in counts) / expected
    square += (bins - len(counts)) * expected
    freedom = bins - 1
    spread = 2 / (9 * freedom)
    z = ((square * scale / freedom) ** (1 / 3) - 1 + spread) / math.sqrt(spread)
    return math.erfc(z / math.sqrt(2)) / 2


def main(psid):
    index = {port: n for n, port in enumerate(sorted(port_set(*map(int, psid.split(",")))))}
    batches = [[index[port] for port in json.loads(line)["ports"]] for line in sys.stdin]
    ports = collections.Counter(port for batch in batches for port in batch)
    steps = collections.Counter((b - a) % len(index) for batch in batches
                                for a, b in zip(batch, batch[1:]))
    # Without putting back, draws are more even: each batch has a port once.
    scale = (len(index) - 1) / (len(index) - len(batches[0]))
    print(json.dumps({"flows": sum(ports.values()),
                      "ports": likelihood(ports, len(index), scale),
                      "steps": likelihood(steps, len(index) - 1)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
