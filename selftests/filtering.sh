#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Who comes in by a mapping (RFC 4787 section 5), in the three modes: what
# STUN clients find out, to whom inside a packet goes, and that those outside
# neither make a mapping nor keep it.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=natlib.sh
. "$(dirname "$0")/natlib.sh"
start_testing
require tcpdump ss nc socat
second=/sys/module/mape/parameters/second

# Without a session, but the device is the same.
mode() { # FILTERING
	filtering=$1
	line_set filtering "$filtering"
	ce mape session flush >/dev/null
	equal "$(shown .filtering)" "$filtering" filtering || bail "filtering is not changed"
}

# ------------------------------------------------------------ STUN clients

stun_says() { # LINE PORT
	# Its status tells the kind of NAT.
	h1 timeout 60 stun 198.51.100.1 -p "$2" >"$tmp/stun" 2>&1 || :
	cat "$tmp/stun"
	grep -q "^Primary: $1, preserves ports, will hairpin" "$tmp/stun"
}

discoveries() {
	local name=$1 kind=$2 port=$3

	check "F-01 $filtering: turnutils_natdiscovery finds endpoint-independent mapping" \
		natdiscovery "NAT with Endpoint Independent Mapping!" -m
	check "F-08 $filtering: turnutils_natdiscovery finds that filtering" \
		natdiscovery "NAT with $name Filtering!" -f
	if command -v stun >/dev/null; then
		check "F-08 F-09 $filtering: stun finds that filtering, ports kept, a hairpin" \
			stun_says "Independent Mapping, $kind Filter" "$port"
	else
		skip "F-08 F-09 $filtering: stun finds that filtering, ports kept, a hairpin" "it is not there"
	fi
}

# One port of two hosts: seen as two.
collision() {
	h1 ip address add 192.168.1.22/24 dev eth0
	natdiscovery "" -c -L 192.168.1.2 -l 5500 -A 192.168.1.22
	h1 ip address del 192.168.1.22/24 dev eth0
	sed -n 's/.*UDP reflexive addr: *//p' "$tmp/discovery" | sort -u >"$tmp/reflexive"
	equal "$(grep -c "^$ce4:[0-9]*$" "$tmp/reflexive")" 2 "external endpoints"
}

# A mapping is asked for an answer after so many seconds of silence.
lifetime() { # JIFFIES-A-SECOND SECONDS RESPONSES
	echo "$1" >$second
	line_anew
	echo 250 >$second
	natdiscovery "" -t -T "$2"
	equal "$(grep -c '^RFC 5780 response' "$tmp/discovery")" "$3" responses
}

topology D2
line_up
if command -v turnserver >/dev/null && command -v turnutils_natdiscovery >/dev/null; then
	stun_server_start
	mode address-port
	discoveries "Address and Port Dependent" "Port Dependent" 4930
	mode endpoint
	discoveries "Endpoint Independent" Independent 4934
	mode address
	discoveries "Address Dependent" "Address Dependent" 4938
	check "F-02 turnutils_natdiscovery finds no collision" collision
	if [[ -e $second ]]; then
		# 300 s are 30 s, and 0.3 s.
		check "F-05 turnutils_natdiscovery finds a mapping after a while" lifetime 25 1 2
		check "F-05 turnutils_natdiscovery finds it gone after long" lifetime 1 2 1
	else
		skip "F-05 turnutils_natdiscovery finds a mapping after a while" "no debug build"
		skip "F-05 turnutils_natdiscovery finds it gone after long" "no debug build"
	fi
else
	skip "F-01 F-02 F-05 F-08 coturn's and others' judgement" "there is no coturn"
fi

# ------------------------------------------------- nobody asked for anything

silence() { # DEST-PORT
	# Neither refused nor unreachable.
	refuted s nc -z -w 1 -s 198.51.100.9 "$ce4" "$1" 2>"$tmp/nc"
	cat "$tmp/nc"
	refuted grep -qi 'refused\|unreachable' "$tmp/nc"
}

no_mapping() {
	equal "$(ce mape mapping)" "" mappings
	equal "$(shown .sessions)" 0 sessions
}

unsolicited_udp() {
	counts rx_no_session=1 nothing_on_lan from_server 198.51.100.1 7100 4940
	no_mapping
}

unsolicited_syn() {
	# It may be repeated before nc gives up.
	counts 'rx_no_session=[12]' nothing_on_lan silence 4940
	no_mapping
}

# --------------------------------------------------- who of those with a port

# A packet with a text of its own, to the port of one and two.
serial=0
probe() { # ADDRESS SOURCE-PORT
	inject "IP(src='198.51.100.$1',dst='$ce4')/UDP(sport=$2,dport=4928)/b'probe$serial'"
}

goes_to() { # ENDPOINT|nobody ADDRESS SOURCE-PORT
	local other=one

	[[ $1 == one ]] && other=two
	if [[ $1 == nobody ]]; then
		counts rx_no_session=1 probe "$2" "$3"
	else
		counts "" probe "$2" "$3"
		endpoint_gets "$1" "198.51.100.$2" "$3" "probe$serial"
	fi
	refuted grep "probe$serial\$" "$tmp/$other"
}

check_goes() { # NAME ENDPOINT|nobody ADDRESS SOURCE-PORT
	((++serial))
	check "N-07 F-08 $filtering: $1: to $2" goes_to "${@:2}"
}

# .1 is known to one, .2 to two, .4 to both, .3 to nobody. The filter of
# address and port is told from that of the address by the second line.
who_of_two() { # SOURCE-PORT ALONE-ONE ALONE-TWO BOTH-OR-UNKNOWN
	check_goes "a session's peer" one 1 7001
	check_goes "another session's peer" two 2 7001
	check_goes "a session of both's peer" two 4 7002
	check_goes "another port of one's peer" "$2" 1 "$1"
	check_goes "another port of the other's peer" "$3" 2 "$1"
	check_goes "another port of a peer of both" "$4" 4 "$1"
	check_goes "nobody's peer" "$4" 3 "$1"
}

# All but one port are withheld, so all share that.
share_a_port() {
	line_anew reserve 4929-65535
	endpoint_start one h1 5001 hello 198.51.100.1:7001 198.51.100.4:7001
	endpoint_gets one 198.51.100.1 7001 "$ce4 4928" || bail "one has no session"
	endpoint_start two h2 5002 hello 198.51.100.2:7001 198.51.100.4:7002
	endpoint_gets two 198.51.100.4 7002 "$ce4 4928" || bail "two has not the same port"
}

# The younger one inherits, and stays the older one.
owner_gone() {
	ce mape session flush --inner 192.168.1.2:5001
	((++serial))
	goes_to two 3 9011
	endpoint_greet one 198.51.100.1:7001
	wait_for 20 has_mapping 192.168.1.2:5001
	((++serial))
	goes_to two 3 9012
}

has_mapping() { # INNER-ADDRESS:PORT
	[[ $(ce mape mapping --inner "$1") ]]
}

# ------------------------------------------------------------- a connection

# A connection of h1's port 4935, which nobody listens at.
call_by_tcp() {
	hold caller h1 tcp 4935 1 198.51.100.1:7001
	judge "$(<"$tmp/caller")" '.seen == [4935]'
}

# From outside to h1's port 4935, always by one port: a second time it is the
# same connection anew.
call_in() { # ADDRESS
	s timeout 20 socat -t 10 - "TCP:$ce4:4935,bind=198.51.100.$1:6000,reuseaddr"
}

# That the RST comes shows that the SYN came in.
refused() { # ADDRESS
	counts "" refuted call_in "$1" </dev/null 2>"$tmp/refused"
	cat "$tmp/refused"
	grep -q refused "$tmp/refused"
}

late_listener() {
	refused 2
	h1 socat TCP-LISTEN:4935,reuseaddr,reuseport EXEC:cat 2>"$tmp/listener" &
	await_listener h1 tcp 4935
	head -c 100000 /dev/urandom >"$tmp/sent"
	counts "" call_in 2 <"$tmp/sent" >"$tmp/back"
	cmp "$tmp/sent" "$tmp/back"
}

calling() {
	[[ $(s ss -Hnt state syn-sent "sport = :6001") ]]
}

# The one outside calls first and in vain, but is not told so: when the one
# inside calls, both are connected (RFC 5382 REQ-2 and REQ-4).
both_call() {
	local caller

	counters_mark
	s python3 "$test_dir/punch.py" tcp 6001 "$ce4" 4936 &
	caller=$!
	wait_for 10 calling
	wait_for 10 counted 'rx_no_session=[0-9]+'
	h1 python3 "$test_dir/punch.py" tcp 4936 198.51.100.1 6001
	wait $caller
}

# ------------------------------------------------------- those who only send

syn() { # DEST-PORT
	inject "IP(src='198.51.100.1',dst='$ce4')/TCP(sport=7002,dport=$1,flags='S')"
}

udp() { # ADDRESS SOURCE-PORT [DEST-PORT]
	inject "IP(src='198.51.100.$1',dst='$ce4')/UDP(sport=$2,dport=${3:-4937})/b'from$2'"
}

other_protocol() {
	counts rx_no_session=1 nothing_on_lan syn 4937
	counts rx_no_session=1 nothing_on_lan udp 1 7002 4938
}

from_many() { # FIRST-PORT LAST-PORT
	local port

	for ((port = $1; port <= $2; port++)); do
		udp 5 "$port"
	done
}

unconfirmed_are() { # COUNT
	equal "$(ce mape session --json --ext 4937 |
		jq '[.[] | select(.unconfirmed)] | length')" "$1" "unconfirmed sessions"
}

backlog() {
	counts rx_backlog=6 from_many 10001 10070
	endpoint_gets three 198.51.100.5 10064 from10064
	equal "$(grep -c '^198.51.100.5 ' "$tmp/three")" 64 "packets at h1"
	unconfirmed_are 64
	# What there is goes on.
	counts "" from_many 10001 10064
	# It is counted for each mapping.
	counts "" udp 5 10001 4939
}

# One of them is answered, so there is room for one more.
room_again() {
	endpoint_greet three 198.51.100.5:10007
	wait_for 20 unconfirmed_are 63
	counts rx_backlog=1 from_many 10071 10072
	unconfirmed_are 64
}

# 120 s are 2.4 s; the mapping has to go although packets come all the time.
dies_in_time() { # COUNTERS-REGEX
	counts "$1" udp 3 9000
	wait_for 60 sends_in_vain
	counts rx_no_session=1 udp 3 9000
}

sends_in_vain() {
	udp 3 9000
	no_mapping
}

line_of_short_seconds() {
	# Long enough for what comes in before they are over, on a slow machine.
	echo 25 >$second
	line_anew filtering "$1"
	echo 250 >$second
	mode "$1"
	endpoint_greet three 198.51.100.6:9
	wait_for 20 has_mapping 192.168.1.2:4937
}

line_anew
mirror_start 7001 7002
for filtering in endpoint address; do
	mode $filtering
	check "F-06 S-03 $filtering: unsolicited UDP does not come in" unsolicited_udp
	check "G-03 S-03 $filtering: an unsolicited SYN is dropped in silence" unsolicited_syn
done

injector_start s eth0 br s
share_a_port
for filtering in address address-port endpoint; do
	line_set filtering $filtering
	case $filtering in
	address) who_of_two 9001 one two nobody ;;
	address-port) who_of_two 9002 nobody nobody nobody ;;
	endpoint) who_of_two 9003 one two one ;;
	esac
done
check "N-07 endpoint: the next oldest has the port when the oldest has gone" owner_gone

line_anew
check "G-01 a connection keeps a port of the set" call_by_tcp
for filtering in address-port endpoint address; do
	mode $filtering
	call_by_tcp >/dev/null || bail "h1 has no connection"
	case $filtering in
	address-port)
		check "G-03 $filtering: a SYN from another port is dropped in silence" \
			counts 'rx_no_session=[12]' nothing_on_lan silence 4935
		check "G-02 G-03 $filtering: both call, the one outside in vain at first" both_call
		;;
	address)
		check "G-03 $filtering: a SYN from another address is dropped in silence" \
			counts 'rx_no_session=[12]' nothing_on_lan silence 4935
		check "F-08 $filtering: a SYN from another port of a peer comes in" refused 1
		;;
	endpoint)
		check "F-08 $filtering: a SYN from anyone comes in, and works with a listener" late_listener
		;;
	esac
	release
done

line_anew filtering endpoint
endpoint_start three h1 4937 hello 198.51.100.6:9
endpoint_start four h2 4939 hello 198.51.100.6:9
call h1 tcp 4938 1 198.51.100.2:7001 >"$tmp/call"
wait_for 20 has_mapping 192.168.1.3:4939 || bail "no mappings"
check "F-12 endpoint: no other protocol comes in by a mapping" other_protocol
check "S-03 endpoint: 64 that were not answered come in by a mapping" backlog
check "S-03 endpoint: one is answered, one more comes in" room_again
if [[ -e $second ]]; then
	line_of_short_seconds endpoint
	check "F-06 S-11 endpoint: what comes in does not keep a mapping" dies_in_time ""
	line_of_short_seconds address
	check "F-06 S-11 address: what does not come in does not keep a mapping" \
		dies_in_time rx_no_session=1
else
	skip "F-06 S-11 endpoint: what comes in does not keep a mapping" "no debug build"
	skip "F-06 S-11 address: what does not come in does not keep a mapping" "no debug build"
fi
injector_stop
done_testing
