#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The kernel's own NAT with as many ports is the yardstick: the device holds no
# fewer connections, and an endpoint has one port all the same.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require nft

# A router and its host, `kernel` and `user`, with 240 ports in a row.
kernel_nat() {
	boxes kernel user
	cable kernel lan user eth0
	cable kernel wan0 s kernel
	ip_in user <<-EOT
		address add 192.168.3.2/24 dev eth0
		route add default via 192.168.3.1
	EOT
	ip_in kernel <<-EOT
		address add 192.168.3.1/24 dev lan
		address add 203.0.113.1/24 dev wan0
		route add default via 203.0.113.254
	EOT
	ip -n "$net-s" address add 203.0.113.254/24 dev kernel
	ip netns exec "$net-kernel" nft -f - <<-EOT
		table ip nat {
			chain postrouting {
				type nat hook postrouting priority 100
				meta l4proto { tcp, udp } oifname wan0 snat to 203.0.113.1:6016-6255
			}
		}
	EOT
}

measure() { # NAME BOX
	python3 "$test_dir/yardstick.py" "$net-$2" "$net-s" >"$tmp/$1" 2>"$tmp/$1.err" ||
		bail "$(tail -n 1 "$tmp/$1.err")"
	sed "s/^/# $1: /" "$tmp/$1.err"
}

number() { # NAME KEY
	jq ".$2" "$tmp/$1"
}

# The yardstick itself is no shorter than it has to be.
is_no_lower() { # KEY ALL
	local theirs ours

	theirs=$(number kernel "$1") ours=$(number mape "$1")
	echo "kernel $theirs, mape $ours"
	((theirs >= 200))
	((ours >= theirs))
	equal "$ours" "$2"
}

# Ten of the 250 to one, whose SYNs may be repeated, and nothing else. That TCP
# had to leave a port now and then is no drop.
refused_ten() {
	counters_since_mark | tee "$tmp/counts"
	[[ $(<"$tmp/counts") =~ ^port_exhausted=([0-9]+)( eim_breaks=[0-9]+)?$ ]]
	((BASH_REMATCH[1] >= 10))
}

topology D2
line_up
counters_mark
kernel_nat
measure kernel user
measure mape h1
check "N-01 connections to one peer at once: no fewer than the kernel's NAT, 240" is_no_lower one 240
check "N-01 connections to ten peers at once: no fewer, 2400" is_no_lower ten 2400
check "N-08 connections in a row to one peer: no fewer, 2000" is_no_lower row 2000
check "N-02 1000 UDP sockets with peers of their own: no port changes" equal "$(number mape changes)" 0
check "N-01 who was refused wanted a 241st connection to one peer" refused_ten
done_testing
