#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A packet of a known session costs the same whether there are 100 sessions or
# 65 000. What is counted is instructions, so it is for a machine in which each
# takes a nanosecond: selftests/vm/run --icount.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require tc
[[ ${MAPE_ICOUNT-} ]] || skip_all "time does not count instructions here"
[[ -x $test_dir/flood ]] || bail "flood is not built: make -C selftests"

packets=65000

# Nothing behind what is measured: what leaves by the WAN, or comes out of the
# device, is dropped at once.
sinks() {
	r6 tc qdisc add dev ce clsact
	r6 tc filter add dev ce ingress matchall action drop
}

sink_inside() {
	ce tc qdisc add dev v6plus clsact
	ce tc filter add dev v6plus ingress matchall action drop
}

# A peer is good for 240 sessions, a port for as many endpoints as come: of 1000
# some share one.
flows() { # SESSIONS
	awk -v sessions="$1" 'BEGIN {
		for (n = 0; n < sessions; n++) {
			endpoint = n % 1000
			peer = int(n / 200)
			printf "192.168.1.%d %d 198.51.100.%d %d\n", 2 + endpoint % 2,
				20000 + int(endpoint / 2), 1 + peer % 20, 7000 + int(peer / 20)
		}
	}'
}

# As the border relay sends what belongs to the sessions; the oldest one's, which
# is the first of the flows, is the first.
flows_back() {
	ce mape session list | awk -v oldest="$(head -n 1 "$tmp/out")" '{
		split($2, inside, ":")
		split($4, outside, ":")
		split($6, peer, ":")
		line = peer[1] " " peer[2] " " outside[1] " " outside[2]
		if (inside[1] " " inside[2] " " peer[1] " " peer[2] == oldest)
			print line
		else
			lines[n++] = line
	} END {
		for (i = 0; i < n; i++)
			print lines[i]
	}'
}

flood_out() { # < FLOWS
	ce "$test_dir/flood" v6plus "$1"
}

flood_in() { # [SOURCE6] < FLOWS
	r6 "$test_dir/flood" ce "$1" "$mac" "${2:-$br6}" "$ce6"
}

# As many sessions as there are flows, and what a packet costs then: one that
# is dropped before anything is looked up, those of one session, the oldest, and
# those of all in turn.
measure() { # SESSIONS
	local sessions=$1

	ip -n "$net-ce" link del v6plus 2>/dev/null || :
	line_up sessions-max 65536 sessions-per-host 65536
	sink_inside
	flows "$sessions" >"$tmp/out"
	flood_out "$sessions" <"$tmp/out" >/dev/null
	equal "$(shown .sessions)" "$sessions" sessions || bail "no $sessions sessions"
	flows_back >"$tmp/back"
	equal "$(wc -l <"$tmp/back")" "$sessions" "listed sessions" || bail "not all listed"
	head -n 1 "$tmp/out" >"$tmp/out-one"
	head -n 1 "$tmp/back" >"$tmp/back-one"
	counters_mark
	{
		echo "out_none=$(echo 192.168.1.2 20000 224.0.0.1 7000 | flood_out $packets)"
		echo "out_one=$(flood_out $packets <"$tmp/out-one")"
		echo "out_all=$(flood_out $packets <"$tmp/out")"
		echo "in_none=$(flood_in $packets 2001:db9::1 <"$tmp/back-one")"
		echo "in_one=$(flood_in $packets <"$tmp/back-one")"
		echo "in_all=$(flood_in $packets <"$tmp/back")"
	} >"$tmp/cost-$sessions"
	equal "$(counters_since_mark)" "rx_bad_v6_src=$packets tx_multicast=$packets" drops ||
		bail "not all packets got through"
	equal "$(shown .sessions)" "$sessions" sessions || bail "sessions have gone"
	sed "s/^/$sessions sessions, instructions per packet: /" "$tmp/cost-$sessions" | diagnose
}

cost() { # SESSIONS WHAT
	sed -n "s/^$2=//p" "$tmp/cost-$1"
}

# What comes before anything is looked up would only hide a difference.
at_most_a_fifth_more() { # WHAT NOTHING
	local few many

	few=$(($(cost 100 "$1") - $(cost 100 "$2")))
	many=$(($(cost 65000 "$1") - $(cost 65000 "$2")))
	echo "$few instructions with few sessions, $many with many"
	((few > 0 && many * 10 <= few * 12))
}

topology D2
mac=$(ip -n "$net-ce" -j link show wan0 | jq -r '.[0].address')
sinks
measure 100
measure 65000
check "scale outbound, one session" at_most_a_fifth_more out_one out_none
check "scale outbound, all sessions in turn" at_most_a_fifth_more out_all out_none
check "scale inbound, one session" at_most_a_fifth_more in_one in_none
check "scale inbound, all sessions in turn" at_most_a_fifth_more in_all in_none
done_testing
