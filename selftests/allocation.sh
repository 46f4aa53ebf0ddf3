#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Which port a session gets, when endpoints share one, who gives way to whom,
# and what is refused when all are used or there are too many sessions.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require mape

# Endpoints of three hosts inside; of ports that are not of the set.
one=192.168.1.130:20000
two=192.168.1.131:20000
three=192.168.1.132:20000
peer=203.0.113.251:7000

# What a second of a NAT lasts in jiffies, where time has to pass.
second_file=/sys/module/mape/parameters/second

# Without a session left of the check before.
line_anew() { # [ARGUMENT...]
	ip_in ce <<-EOT
		link del v6plus
		link add v6plus type mape dev wan0 $(line_arguments) $*
		link set v6plus up
		route add default dev v6plus
	EOT
	counters_mark
}

# The same, but with time that runs faster.
line_anew_fast() { # [ARGUMENT...]
	local status=0

	echo "$second" >$second_file
	line_anew "$@" || status=$?
	echo "$hz" >$second_file
	return $status
}

# What the machine was too slow for, which is status 3, is tried again with
# time that runs slower.
with_time() { # COMMAND [ARG...]
	local status=0

	for second in 10 25 100; do
		set +e
		(
			set -e
			"$@"
		)
		status=$?
		set -e
		((status == 3)) || break
	done
	return $status
}

ends_start() {
	mkfifo "$tmp/ends.in" "$tmp/ends.out"
	python3 "$test_dir/ends.py" "$net" "$ce6" "$br6" "$ce4" "$psid_offset,$psid_len,$psid" \
		<"$tmp/ends.in" >"$tmp/ends.out" 2>"$tmp/ends.err" &
	exec {ends_in}>"$tmp/ends.in" {ends_out}<"$tmp/ends.out"
}

# Let ends.py do something; its answer is in $answer.
ends() { # COMMAND ARG...
	echo "$*" >&"$ends_in"
	read -r -t 120 answer <&"$ends_out" || {
		cat "$tmp/ends.err" >&2
		return 1
	}
}

# Is that so, of what came of it?
is() { # PYTHON-EXPRESSION
	ends is "$*"
	[[ $answer != True ]] || return 0
	ends show
	echo "$answer"
	echo "is not so: $*"
	return 1
}

flush() { # [FILTER...]
	ce mape session flush --dev v6plus "$@" >/dev/null
}

# Connections that are up: what follows from inside has number 1017, and what
# follows from outside 5017.
connect() { # INNER COUNT REMOTE
	ends out tcp "$@" S:1000
	is 'None not in ports'
	ends in tcp "$@" SA:5000:1009
	is "right == $2"
	ends out tcp "$@" A:1009:5009
	is 'None not in ports'
}

close_both() { # INNER COUNT REMOTE
	ends out tcp "$@" FA:1017:5009
	is 'None not in ports'
	ends in tcp "$@" FA:5009:1026
	is "right == $2"
}

still_up() { # INNER COUNT REMOTE
	ends out tcp "$@" A:1017:5009
	is 'None not in ports'
	ends in tcp "$@" A:5009:1025
	is "right == $2"
}

# ------------------------------------------------------- one port, and sharing

# The first ports of the set.
forward_some() { # COUNT
	local n

	for ((n = 0; n < $1; n++)); do
		ce mape forward add udp $((first_port + n)) 192.168.1.2:$((9000 + n)) >/dev/null
	done
}

own_port_each() {
	line_anew
	forward_some 5
	ends out udp $one 235 peers:7000
	is 'sorted(ports) == own[5:]'
	ends out udp $two 20 peers:7100
	is 'set(ports) <= set(own[5:])'
	equal "$(counters_since_mark)" "" counters
}

# Each round has peers of its own.
one_port_for_all_peers() { # ENDPOINTS ROUNDS
	local round

	line_anew
	ends out udp $one "$1" peers:7000
	is "len(ports) == $1 and set(ports) == set(own)"
	ends keep first
	for ((round = 1; round < $2; round++)); do
		ends out udp $one "$1" peers:$((7000 + round * 10))
		is 'ports == first.ports'
	done
	equal "$(counters_since_mark)" "" counters
	ends in udp $one "$1" peers:7000
	is "right == $1"
}

few_share() {
	local port

	line_anew
	# While there are 60 free ones, all get one.
	ends out udp $one 200 peers:443
	is 'len(set(ports[:180])) == 180 and set(ports[181:]) <= set(ports[:181])'
	ends keep quic
	for port in 53 123 853; do
		ends out udp $two 10 203.0.113.251:$port
		is 'set(ports) <= set(quic.ports)'
	done
	# Games are not for sharing, nor is TCP.
	ends out udp $three 40 $peer
	is 'len(set(ports)) == 40 and not set(ports) & set(quic.ports)'
	ends out tcp $three 240 peers:443
	is 'sorted(ports) == own'
}

spread() {
	line_anew
	forward_some 2
	ends out udp $one 960 peers:7000
	is 'set(ports) == set(own[2:]) and all(2 <= ports.count(port) <= 6 for port in own[2:])'
	equal "$(counters_since_mark)" "" counters
}

# Who sends to a peer second has to leave the port of both.
conflict() {
	local a=${one%:*}:20007 b

	line_anew
	ends out udp $one 240 peers:7000
	ends keep these
	ends out udp $two 240 peers:7100
	ends keep those
	is 'these.ports[7] in those.ports'
	for ((b = 20000; b < 20240; b++)); do
		ends is "those.ports[$b - 20000] == these.ports[7]"
		[[ $answer != True ]] || break
	done
	b=${two%:*}:$b
	ends out udp "$a" 1 $peer
	is 'ports == [these.ports[7]]'
	ends out udp "$b" 1 $peer
	is 'ports[0] in own and ports != [these.ports[7]]'
	ends keep other
	equal "$(counters_since_mark)" eim_breaks=1 counters
	# Both flows work.
	ends in udp "$a" 1 $peer
	is 'right == 1'
	ends in udp "$b" 1 $peer
	is 'right == 1'
	ends out udp "$a" 1 $peer
	is 'ports == [these.ports[7]]'
	ends out udp "$b" 1 $peer
	is 'ports == other.ports'
	# To all others it has the port it had.
	ends out udp "$b" 1 203.0.113.251:7001
	is 'ports == [these.ports[7]]'
	equal "$(counters_since_mark)" eim_breaks=1 counters
	ce mape session list --dev v6plus --remote $peer --json | tee "$tmp/both"
	jq -e 'sort_by(.inner) | map(.eim_break) == [false, true]' "$tmp/both"
}

# ---------------------------------------------------- all ports of one peer used

# 240 to each of ten, all at once, and then no more to any.
ten_peers() {
	local n

	line_anew
	for n in {0..9}; do
		connect "192.168.1.13$n:20000" 240 "203.0.113.1$n:80"
	done
	for n in {0..9}; do
		ends out tcp "192.168.1.140:$((n + 1))" 1 "203.0.113.1$n:80"
		is 'ports == [None]'
	done
	equal "$(counters_since_mark)" port_exhausted=10 counters
	for n in {0..9}; do
		still_up "192.168.1.13$n:20000" 240 "203.0.113.1$n:80"
	done
	equal "$(ce mape session list --dev v6plus --proto tcp | grep -c ' established ')" 2400 connections
}

# RFC 5508 REQ-8 says 13, RFC 6888 REQ-11 says 1, and TCP goes on after that.
refusal_code() {
	ends out tcp 192.168.1.141:1 1 203.0.113.10:80
	is 'ports == [None] and errors == {"3/1": 1}'
}

# Ten a second, and no more than 50 at once.
refusals_limited() {
	ends out tcp 192.168.1.141:1 400 203.0.113.10:80
	is 'ports == 400 * [None] and list(errors) == ["3/1"]'
	is '0 < errors["3/1"] <= 50 * (2 + (between[1] - between[0]) / 5)'
}

# The sequence number says whether a new connection is newer than an old one.
time_wait() { # HOW-TO-END
	line_anew
	connect $one 240 $peer
	"$1"
	ends out tcp $two 1 $peer S:900
	is 'ports == [None]'
	ends out tcp $two 1 $peer S:2000
	is 'ports[0] in own'
	equal "$(counters_since_mark)" port_exhausted=1 counters
	# Just one has given way.
	ends in tcp $two 1 $peer SA:6000:2009
	is 'right == 1'
	ends in tcp $one 240 $peer A:5018
	is 'right == 239'
}

close_all() {
	close_both $one 240 $peer
}

reset_all() {
	ends out tcp $one 240 $peer R:1017
	is 'None not in ports'
}

never_live() {
	line_anew
	connect $one 240 $peer
	ends out tcp $two 100 $peer S:2000
	is 'ports == 100 * [None]'
	# One side alone has not ended them.
	ends out tcp $one 240 $peer FA:1017:5009
	ends out tcp $two 100 $peer S:2000
	is 'ports == 100 * [None]'
	ends in tcp $one 240 $peer A:5009:1026
	is 'right == 240'
}

# Of a peer that all ports were used for, `filled`: refused until so many
# seconds later, and from then on accepted.
gives_way_after() { # PROTO SECONDS SLACK [FLAGS]
	ends again "$1" $two $peer 0.02 "${@:4}"
	is 'ports[0] in own'
	is 'refused is not None' || return 3
	is "between[1] - filled.between[0] >= ($2 * $second - 3) / $hz"
	is "refused[0] - filled.between[1] <= (($2 + $3) * $second + 3) / $hz"
}

# The first one is older than the others.
fill() { # PROTO [FLAGS]
	ends out "$1" $one 1 $peer "${@:2}"
	is 'ports[0] in own'
	ends keep filled
	sleep 0.05
	ends out "$1" 192.168.1.130:20001 239 $peer "${@:2}"
	is 'sorted(ports + filled.ports) == own'
}

half_open_gives_way() {
	line_anew_fast
	fill tcp S:1000
	gives_way_after tcp 60 0 S:900
	ends in tcp $one 240 $peer SA:5000:1009
	is 'to[0] == "192.168.1.131:20000" and right == 239'
}

# It counts from when they were closed.
closed_gives_way() {
	line_anew_fast
	connect $one 240 $peer
	close_both $one 240 $peer
	ends keep filled
	gives_way_after tcp 60 0 S:900
}

# They do not give way: they expire.
unanswered_udp_stays() {
	line_anew_fast
	fill udp
	gives_way_after udp 120 1
}

unanswered_udp_gives_way() {
	line_anew_fast timeout udp-reclaim,30
	fill udp
	gives_way_after udp 30 0
	ends in udp $one 240 $peer
	is 'to[0] == "192.168.1.131:20000" and right == 239'
}

answered_udp_stays() {
	line_anew_fast timeout udp-reclaim,30
	fill udp
	ends in udp $one 240 $peer
	is 'right == 240'
	# As long as any would have given way.
	sleep "$(awk "BEGIN { print 40 * $second / $hz }")"
	ends out udp $two 1 $peer
	# They live for 300 s.
	is "between[1] - filled.between[0] < 290 * $second / $hz" || return 3
	is 'ports == [None]'
}

# ----------------------------------------------------------------------- chance

drawn_by_chance() {
	local n

	line_anew
	rm -f "$tmp/batches"
	for n in {1..84}; do
		ends out udp $one 120 peers:7000
		ends save "$tmp/batches"
		flush
	done
	python3 "$test_dir/chance.py" "$psid_offset,$psid_len,$psid" <"$tmp/batches" | tee "$tmp/chance"
	jq -e '.flows == 10080 and .ports > 0.001 and .steps > 0.001' "$tmp/chance"
}

# Chance has it once in 500 times that chance does not look like it: ask again.
unpredictable() {
	drawn_by_chance || drawn_by_chance
}

# What one host has had is not for another while there are others, down to the
# last: chance alone would find that one in one of five times.
quarantined() {
	local n

	for n in 1 2 3; do
		line_anew
		ends out udp $one 100 $peer
		ends keep freed
		flush
		ends out udp $two 140 $peer
		is 'sorted(ports + freed.ports) == own'
	done
	# When there are no others, nobody is refused for that.
	ends out udp "${two%:*}:21000" 100 $peer
	is 'sorted(ports) == sorted(freed.ports)'
}

# Not even if its own number is the same.
number_quarantined() {
	line_anew
	ends out udp "${one%:*}:$first_port" 1 $peer
	is "ports == [$first_port]"
	flush
	# Its own host may have it again.
	ends out udp "${one%:*}:$first_port" 1 $peer
	is "ports == [$first_port]"
	flush
	ends out udp "${two%:*}:$first_port" 1 $peer
	is "ports[0] in own and ports != [$first_port]"
}

not_quarantined() { # COMMAND...
	ends out udp $one 100 $peer
	ends keep freed
	flush
	"$@"
	ends out udp $two 140 $peer
	is 'len(set(ports)) == 140 and set(ports) & set(freed.ports)'
}

quarantine_off() {
	line_anew timeout quarantine,0
	not_quarantined true
}

# More than 120 seconds of the NAT's.
quarantine_ends() {
	second=10
	line_anew_fast
	not_quarantined sleep "$(awk "BEGIN { print 125 * $second / $hz }")"
}

# ----------------------------------------------------------------------- limits

usage_is() { # SESSIONS MAPPINGS
	equal "$(ce mape stats --dev v6plus | sed -n 's/^sessions: //p; s/^mappings: //p' | xargs)" "$1 $2" \
		"sessions and mappings"
}

# One session more is that of ends.py itself.
host_limit() {
	line_anew sessions-per-host 1024
	ends out tcp $one 1100 peers:80 S:1000
	is 'None not in ports[:1024] and ports[1024:] == 76 * [None]'
	is 'list(errors) == ["3/1"]'
	equal "$(counters_since_mark)" host_limit=76 counters
	# Others go on, and so do its own that are there.
	connect $two 100 peers:80
	ends in tcp $one 1024 peers:80 SA:5000:1009
	is 'right == 1024'
	usage_is 1125 1125
	ends out udp $one 1 $peer
	is 'ports == [None]'
	equal "$(counters_since_mark)" host_limit=77 counters
}

table_full() {
	line_anew sessions-max 1024
	connect $one 1023 peers:80
	equal "$(counters_since_mark)" "" counters
	ends out tcp $two 1 $peer S:1000
	is 'ports == [None] and errors == {"3/1": 1}'
	ends out udp $three 20 $peer
	is 'ports == 20 * [None]'
	equal "$(counters_since_mark)" table_full=21 counters
	still_up $one 1023 peers:80
	equal "$(ce mape session list --dev v6plus --proto tcp | grep -c '192.168.1.130:.* established ')" 1023 \
		connections
	# Who goes makes room for one.
	flush --proto tcp --inner $one
	ends out tcp $two 2 $peer S:1000
	is 'ports[0] in own and ports[1] is None'
}

# Whatever comes, to each port of ours: the sessions of ends.py and of one host
# stay alone.
nothing_of_inbound() { # FILTERING
	line_anew filtering "$1"
	ends out udplite $three 1 $peer
	nothing_of_any_port udp S
	nothing_of_any_port tcp S
	nothing_of_any_port tcp A
	nothing_of_any_port icmp A
	nothing_of_any_port sctp S
	usage_is 2 2
	equal "$(counters_since_mark)" rx_no_session=1200 counters
}

nothing_of_any_port() { # PROTO FLAGS
	ends from "$1" "$all_ports" 240 203.0.113.240:1000 "$2"
	is 'to == 240 * [None]'
}

# Strangers come in by a mapping, but no more of them than 64 at once. What they
# send is not empty, TCP's SYN neither (RFC 7413).
backlog() { # PROTO
	local port

	line_anew filtering endpoint
	ends out "$1" "${one%:*}:$first_port" 1 $peer S:1000
	is "ports == [$first_port]"
	ends from "$1" $first_port 70 203.0.113.240:1000 S:5000
	is "to == 64 * ['${one%:*}:$first_port'] + 6 * [None]"
	equal "$(counters_since_mark)" rx_backlog=6 counters
	usage_is 66 2
	ce mape session list --dev v6plus --proto "$1" >"$tmp/backlog"
	equal "$(grep -c -- '-in .*unconfirmed' "$tmp/backlog")" 64 unconfirmed
	# Another mapping has room of its own.
	port=$((first_port + 1))
	ends out "$1" "${two%:*}:$port" 1 $peer S:1000
	is "ports == [$port]"
	ends from "$1" $port 64 203.0.113.240:1000 S:5000
	is "to == 64 * ['${two%:*}:$port']"
	# To one an answer is given: there is room for one.
	ends out "$1" "${one%:*}:$first_port" 1 203.0.113.240:1000 SA:1000:5009
	is "ports == [$first_port]"
	ends from "$1" $first_port 2 203.0.113.241:1000 S:5000
	is "to == ['${one%:*}:$first_port', None]"
	ends in "$1" "${one%:*}:$first_port" 1 $peer SA:5000:1009
	is 'right == 1'
	equal "$(counters_since_mark)" rx_backlog=7 counters
}

# ----------------------------------------------------------------------- events

change() { # [ARGUMENT...]
	ip -n "$net-ce" link set v6plus type mape "$@"
}

events() { # JQ-FILTER
	jq -c "$1" "$tmp/events"
}

told_of_change() {
	change prefix "$ce2_prefix"
	change prefix "$prefix"
	test -s "$tmp/events"
}

told_of_psid() { # PSID
	equal "$(events .psid | tail -n 1)" "$1"
}

# Other addresses until the monitor tells of them; of the last it has told when
# it has told of all.
monitor_start() {
	: >"$tmp/events"
	ce mape monitor --dev v6plus --json >>"$tmp/events" 2>"$tmp/events.err" &
	wait_for 30 told_of_change
	change prefix 2001:db8:12:7800::/56
	wait_for 10 told_of_psid 120
	change prefix "$prefix"
	wait_for 10 told_of_psid "$psid"
	: >"$tmp/events"
}

told_of_addresses() {
	change mss 1000 filtering endpoint
	change prefix "$ce2_prefix"
	change prefix "$prefix"
	wait_for 10 told_of_psid "$psid"
	equal "$(events '[.event, .ifname, .ipv4, .ipv4_prefix_len, .psid, .psid_len, .ce_ipv6]')" \
		"[\"address\",\"v6plus\",\"$ce4\",32,$ce2_psid,8,\"$ce2_6\"]
[\"address\",\"v6plus\",\"$ce4\",32,$psid,8,\"$ce6\"]" events
}

told_of_exhaustion() {
	: >"$tmp/events"
	ends out tcp $one 241 $peer S:1000
	is 'ports[240:] == [None]'
	wait_for 10 test -s "$tmp/events"
	# A change that is told behind it.
	change prefix "$ce2_prefix"
	wait_for 10 told_of_psid $ce2_psid
	equal "$(events '[.event, .ifname, .proto, .remote, .remote_port]' | head -n -1)" \
		'["exhausted","v6plus","tcp","203.0.113.251",7000]' events
	change prefix "$prefix"
}

# Not more than once a second.
told_not_too_often() {
	wait_for 10 told_of_psid "$psid"
	: >"$tmp/events"
	ends out tcp $one 1240 $peer S:1000
	is 'ports[240:] == 1000 * [None]'
	change prefix "$ce2_prefix"
	wait_for 10 told_of_psid $ce2_psid
	is "0 <= $(wc -l <"$tmp/events") - 1 <= 2 + between[1] - between[0]"
}

topology D2
ends_ready
all_ports=$(python3 -c "import sys; sys.path.insert(0, '$test_dir')
from portset import port_set
print(*sorted(port_set($psid_offset, $psid_len, $psid)), sep=',')")
first_port=${all_ports%%,*}
ends_start
line_up
check "N-03 an endpoint has a port of its own while there are any, no forward's" own_port_each
check "N-02 240 endpoints keep their ports for 15 peers each" one_port_for_all_peers 240 15
check "N-02 1000 endpoints keep their ports for 4 peers each" one_port_for_all_peers 1000 4
check "N-04 when ports are few, DNS, NTP, QUIC and DoT share, and games do not" few_share
check "N-05 960 endpoints are spread over the ports, but for those of forwards" spread
check "N-06 F-11 two endpoints of one port with one peer both work" conflict
check "N-01 240 connections to each of ten peers at once, and no more" ten_peers
check "D-11 who is refused is told: host unreachable" refusal_code
check "D-11 S-12 who is refused often is not told as often" refusals_limited
check "N-08 G-06 a newer connection has the port of one both sides have closed" time_wait close_all
check "N-08 G-06 a newer connection has the port of one that is reset" time_wait reset_all
check "J-04 N-09 what is live does not give way" never_live
check "J-01 S-08 10080 flows have ports that look drawn by chance" unpredictable
check "J-02 a UDP port of one host is not for another for 120 s" quarantined
check "J-02 nor if it is its number" number_quarantined
check "J-02 timeout quarantine,0 turns that off" quarantine_off
check "J-03 S-02 one host is at its limit, others go on" host_limit
check "J-04 S-02 the table is full: all live, and the new one is refused" table_full
check "S-03 nothing from outside begins anything" nothing_of_inbound address
check "S-03 nor with endpoint-independent filtering" nothing_of_inbound endpoint
check "S-03 64 UDP sessions begun outside may wait for an answer" backlog udp
check "S-03 64 connections begun outside may wait for an answer" backlog tcp
line_anew
monitor_start
check "mape monitor tells of another address once, and of nothing else" told_of_addresses
check "mape monitor tells of exhausted ports once" told_of_exhaustion
check "mape monitor tells of them not more than once a second" told_not_too_often
if [[ -w $second_file ]]; then
	hz=$(<$second_file)
	check "N-09 a half open connection gives way after 60 s, the oldest first" with_time half_open_gives_way
	check "N-08 a closed connection gives way to any after 60 s" with_time closed_gives_way
	check "N-09 an unanswered UDP session does not give way: it has its 120 s" with_time unanswered_udp_stays
	check "N-09 timeout udp-reclaim,30: after 30 s it does, the oldest first" with_time unanswered_udp_gives_way
	check "N-09 timeout udp-reclaim,30: what was answered does not" with_time answered_udp_stays
	check "J-02 after 120 s another host may have the port" quarantine_ends
else
	skip "N-08 N-09 J-02 what time changes" "the module's time is not virtual"
fi
done_testing
