#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The NAT: an inner endpoint has one port whatever its peer, 240 of them have
# 240 ports, only what was asked for comes in, and what cannot be is refused.

# shellcheck disable=SC2016 # jq's variables

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require tcpdump ping ss nc

# Without a session left of the check before.
line_anew() {
	ip -n "$net-ce" link del v6plus 2>/dev/null || :
	line_up
	counters_mark
}

call() { # HOST PROTO INNER-PORT COUNT PEER
	"$1" python3 "$test_dir/sockets.py" "${@:2}" </dev/null
}

# The same, but the sockets stay open until release; prints to $tmp/NAME.
hold() { # NAME HOST PROTO INNER-PORT COUNT PEER
	local name=$1

	shift
	rm -f "$tmp/$name.fifo" "$tmp/$name"
	mkfifo "$tmp/$name.fifo"
	"$1" python3 "$test_dir/sockets.py" "${@:2}" <"$tmp/$name.fifo" >"$tmp/$name" &
	exec {holding}>"$tmp/$name.fifo"
	wait_for 30 test -s "$tmp/$name"
}

release() {
	exec {holding}>&-
}

# In the condition, $set are the ports of the set.
judge() { # JSON JQ-CONDITION
	echo "$1"
	jq -e --argjson set "$ports" "$2" <<<"$1"
}

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

# One UDP packet from a server, nothing behind it.
from_server() { # ADDRESS SOURCE-PORT DEST-PORT
	s bash -c "echo x | nc -u -q 0 -w 1 -s $1 -p $2 $ce4 $3" || :
}

nothing_on_lan() { # COMMAND...
	capture_start ce lan "$tmp/lan.pcap" ip and not igmp
	"$@"
	capture_stop "$tmp/lan.pcap"
	equal "$(tcpdump -nr "$tmp/lan.pcap" 2>/dev/null)" "" "traffic on the LAN"
}

no_answer_to_syn() {
	# Neither refused nor unreachable: silence.
	refuted s nc -z -w 1 "$ce4" 4940 2>"$tmp/nc"
	cat "$tmp/nc"
	refuted grep -qi 'refused\|unreachable' "$tmp/nc"
}

no_answer_to_ping() {
	refuted s ping -q -e 4940 -c 1 -W 1 "$ce4"
}

# A mapping of h1 lets in only its peer's answers, by its protocol.
only_answers() {
	local port

	port=$(call h1 udp 20001 1 198.51.100.1:7001 | jq '.seen[0]')
	counts rx_no_session=1 nothing_on_lan from_server 198.51.100.2 7101 "$port"
	# The SYN may be repeated before nc gives up.
	counts 'rx_no_session=[12]' nothing_on_lan \
		bash -c "ip netns exec $net-s nc -z -w 1 $ce4 $port || :"
}

natdiscovery() {
	local rfc5780=()

	# Newer ones want to be told.
	if turnserver --help 2>&1 | grep -q -e --rfc5780; then
		rfc5780=(--rfc5780)
	fi
	s turnserver -n -z --no-cli --no-tls --no-dtls "${rfc5780[@]}" --log-file stdout \
		-L 198.51.100.1 -L 198.51.100.2 --pidfile "$tmp/turn.pid" \
		--db "$tmp/turn.db" >"$tmp/turn.log" 2>&1 &
	await_listener s udp 3478
	h1 timeout 60 turnutils_natdiscovery -m 198.51.100.1 >"$tmp/discovery" 2>&1 || :
	cat "$tmp/discovery"
	grep -q 'Endpoint Independent Mapping' "$tmp/discovery"
}

topology D2
# shellcheck disable=SC2034 # judge
ports=$(python3 -c "import json, sys; sys.path.insert(0, '$test_dir')
from portset import port_set
print(json.dumps(sorted(port_set($psid_offset, $psid_len, $psid))))")
s python3 "$test_dir/mirror.py" 7001 7002 7003 7004 7005 7006 7007 7008 7009 7010 2>"$tmp/mirror.err" &
await_listener s tcp 7010

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
check "F-06 unsolicited UDP does not come in" \
	counts rx_no_session=1 nothing_on_lan from_server 198.51.100.1 7100 4940
check "G-03 an unsolicited SYN is dropped in silence" \
	counts 'rx_no_session=[12]' nothing_on_lan no_answer_to_syn
check "D-16 an unsolicited ping is dropped in silence" \
	counts rx_icmp=1 nothing_on_lan no_answer_to_ping
check "F-08 F-12 no one else comes in by a mapping" only_answers
if command -v turnutils_natdiscovery >/dev/null; then
	check "F-01 turnutils_natdiscovery finds endpoint-independent mapping" natdiscovery
else
	skip "F-01 turnutils_natdiscovery finds endpoint-independent mapping" "it is not there"
fi
done_testing
