#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# 20 000 flows: all ports on the wire are of the port set, all ports of the set
# are on the wire, and no two flows have become one.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require tcpdump

# A ping to a server has no port but its identifier: 240 to each of the 20.
udp=8000
tcp=7400
icmp=4600

# From the WAN nothing goes on: what answers would only cost time.
send_flows() {
	ip -n "$net-r6" -6 route replace blackhole "$br6/128"
	capture_start r6 ce "$tmp/wan.pcap" -s 128 ip6
	h1 python3 "$test_dir/flows.py" 192.168.1.2 $udp $tcp $icmp
	wait_for 10 sent_all
	capture_stop "$tmp/wan.pcap"
	python3 "$test_dir/wire.py" "$tmp/wan.pcap" "$ce6" "$br6" "$ce4" \
		"$psid_offset,$psid_len,$psid" >"$tmp/wire.json" 2>"$tmp/wire.err"
	diagnose <"$tmp/wire.json"
}

sent_all() {
	(($(ip -n "$net-ce" -j -s link show v6plus |
		jq '.[0].stats64.tx.packets') == udp + tcp + icmp))
}

on_the_wire() { # JQ-CONDITION
	cat "$tmp/wire.err" "$tmp/wire.json"
	jq -e "$1" "$tmp/wire.json"
}

topology D2
line_up sessions-per-host 65536
counters_mark
send_flows
check "A-01 each of $((udp + tcp + icmp)) packets has a source port of the set" \
	on_the_wire ".wrong == 0 and .sent.udp == $udp and .sent.tcp == $tcp and .sent.icmp == $icmp"
for proto in udp tcp icmp; do
	check "A-01 every port of the set is used for $proto" \
		on_the_wire ".missing.$proto == 0 and .ports.$proto == 240"
	check "F-02 G-10 no two $proto flows look the same outside" \
		on_the_wire ".flows.$proto == ${!proto}"
done
check "N-01 nothing was refused" equal "$(counters_since_mark)" ""
check "A-01 the device counts the sessions" \
	equal "$(shown .sessions)" $((udp + tcp + icmp))
done_testing
