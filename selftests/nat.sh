#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The NAT: an inner endpoint has one port whatever its peer, 240 of them have
# 240 ports, and what cannot be is refused.

# shellcheck disable=SC2016 # jq's variables

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=natlib.sh
. "$(dirname "$0")/natlib.sh"
start_testing
require tcpdump ping ss mape

one_port() { # PROTO COUNT
	judge "$(call h1 "$1" 20000 "$2" all:7001-7010)" \
		".failed == [] and (.seen | length == $2 and (unique | length == 1)) and
		.addresses == [\"$ce4\"] and (.seen - \$set == [])"
}

port_kept() { # PROTO
	judge "$(call h1 "$1" 4930 2 all:7001-7010)" '.seen == [4930, 4930]'
}

two_hosts() { # PROTO INNER-PORT
	local one two

	one=$(call h1 "$1" "$2" 1 198.51.100.1:7001)
	two=$(call h2 "$1" "$2" 1 198.51.100.1:7001)
	judge "$one" '.seen | length == 1'
	judge "$two" ".seen | length == 1 and . != $(jq .seen <<<"$one")"
}

port_each() { # PROTO
	hold all h1 "$1" 0 240 all:7001-7010
	release
	judge "$(<"$tmp/all")" '.failed == [] and (.seen | sort == ($set | sort))'
	equal "$(shown .sessions)" 240 sessions
}

# 240 to one peer; no more there, but as many as one likes elsewhere.
exhausted() { # PROTO
	hold one h1 "$1" 0 240 198.51.100.1:7001
	judge "$(<"$tmp/one")" '.failed == [] and (.seen | sort == ($set | sort))'
	equal "$(counters_since_mark)" "" "counters so far"
	judge "$(call h1 "$1" 0 1 198.51.100.1:7001)" '.failed == ["EHOSTUNREACH"]'
	equal "$(counters_since_mark)" port_exhausted=1 counters
	judge "$(call h1 "$1" 0 10 198.51.100.1:7002)" '.seen | length == 10'
	judge "$(call h2 "$1" 0 10 198.51.100.2:7001)" '.seen | length == 10'
	release
	equal "$(counters_since_mark)" port_exhausted=1 "counters at the end"
	equal "$(shown .sessions)" 260 sessions
}

# Each of many SYNs to a peer towards which all ports are used has them all
# looked at. What that costs is no one's business but the flooder's.
flood_of_the_full() {
	hold one h1 tcp 0 240 198.51.100.1:7001
	counters_mark
	h1 python3 - <<-EOT
		import socket, sys
		sys.path.insert(0, "$test_dir")
		from flows import tcp
		sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
		source, dest = socket.inet_aton("192.168.1.2"), socket.inet_aton("198.51.100.1")
		# None of these is among those that are held.
		for sport in range(1024, 21024):
		    sock.sendto(tcp(source, dest, sport, 7001), ("198.51.100.1", 0))
	EOT
	wait_for 20 counted port_exhausted=20000
	judge "$(call h1 tcp 0 10 198.51.100.1:7002)" '.seen | length == 10'
	h2 ping -nq -c 1 -W 5 198.51.100.1
	release
	equal "$(shown .sessions)" 251 sessions
}

# The LAN has addresses of the network that the shared address is of, and of
# the servers' network.
same_networks() {
	local n

	ip -n "$net-ce" address add 192.0.2.1/24 dev lan
	ip -n "$net-ce" address add 198.51.100.129/25 dev lan
	for n in 1 2; do
		ip -n "$net-h$n" address add "192.0.2.5$n/24" dev eth0
		ip -n "$net-h$n" address add "198.51.100.20$n/25" dev eth0
	done
	h1 ping -nq -c 1 -W 5 192.0.2.52
	h1 ping -nq -c 1 -W 5 198.51.100.202
	h1 ping -nq -c 1 -W 5 -I 192.0.2.51 198.51.100.1
	h2 ping -nq -c 1 -W 5 -I 198.51.100.202 198.51.100.2
	ce mape session | tee /dev/stderr | grep -c '192.0.2.51\|198.51.100.202' | grep -qx 2
}

pings_same_id() {
	capture_start r6 ce "$tmp/ping.pcap" ip6
	{
		h1 ping -q -e 12 -c 1 198.51.100.1
		h1 ping -q -e 12 -c 1 198.51.100.2
		h2 ping -q -e 12 -c 1 198.51.100.1
		h1 ping -q -e 4933 -c 1 198.51.100.1
	} >"$tmp/pings"
	capture_stop "$tmp/ping.pcap"
	# shellcheck disable=SC2086 # words
	python3 "$test_dir/wire.py" "$tmp/ping.pcap" $ce6 $br6 $ce4 \
		"$psid_offset,$psid_len,$psid" >"$tmp/wire.json"
}

identifiers_of_the_set() {
	cat "$tmp/wire.json"
	jq -e '.wrong == 0 and .sent.icmp == 4 and .received.icmp == 4' "$tmp/wire.json"
}

# Three endpoints, one of them with two peers.
identifier_per_endpoint() {
	cat "$tmp/wire.json"
	jq -e '.ports.icmp == 3 and .flows.icmp == 4' "$tmp/wire.json"
	tcpdump -nr "$tmp/ping.pcap" | tee /dev/stderr | grep -q 'echo request, id 4933,'
}

no_answer_to_ping() {
	refuted s ping -q -e 4940 -c 1 -W 1 "$ce4"
}

topology D2
# shellcheck disable=SC2034 # judge
ports=$(port_set_json)
mirror_start 7001 7002 7003 7004 7005 7006 7007 7008 7009 7010

line_anew
check "F-01 one UDP socket has one port for 200 peers" one_port udp 200
check "G-01 one TCP port is one port for 50 peers" one_port tcp 50
check "nat the device counts the sessions" equal "$(shown .sessions)" 250
for proto in udp tcp; do
	line_anew
	check "nat a $proto port of the set is kept" port_kept $proto
	check "F-02 G-10 same $proto port of two hosts" two_hosts $proto 20000
	check "F-02 G-10 same $proto port of two hosts, in the set" two_hosts $proto 4937
	line_anew
	check "N-02 N-03 240 $proto endpoints have 240 ports" port_each $proto
	line_anew
	check "D-11 N-01 the 241st $proto session with a peer is refused" exhausted $proto
done

line_anew
pings_same_id
check "D-01 D-02 pings have identifiers of the set" identifiers_of_the_set
check "D-03 an identifier is the same for all peers" identifier_per_endpoint
check "D-16 an unsolicited ping is dropped in silence" \
	counts rx_icmp=1 nothing_on_lan no_answer_to_ping
line_anew
check "N-10 a flood to a peer towards which all ports are used" flood_of_the_full
check "F-07 inside are addresses as they are outside" same_networks
done_testing
