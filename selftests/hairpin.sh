#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# To the shared address from inside: by a port of ours to who has it inside
# (RFC 4787 REQ-9), by another to the other customer who has that. First the
# router has not the address itself, then it has, and strict source checks.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=natlib.sh
. "$(dirname "$0")/natlib.sh"
start_testing
require tcpdump ss socat

seen() { # PCAP FILTER...
	tcpdump -nr "$1" "${@:2}" 2>/dev/null | wc -l
}

# ---------------------------------------------------------------- UDP, ports

# Endpoint one is of h1, two of h2, three another one of h1.
external_port() { # NAME
	sed -n "s/^198.51.100.1 7001 [0-9]* $ce4 //p" "$tmp/$1" | tail -n 1
}

told_again() { # NAME TIMES
	(($(grep -c '^198.51.100.1 7001 ' "$tmp/$1") == $2))
}

# With a mapping and nothing else, by a new port.
introduce() { # NAME
	local times

	times=$(grep -c '^198.51.100.1 7001 ' "$tmp/$1" || :)
	endpoint_greet "$1"
	wait_for 10 told_again "$1" $((times + 1)) || bail "$1 has no mapping"
}

mode() { # FILTERING
	filtering=$1
	line_set filtering "$filtering"
	ce mape session flush >/dev/null
	introduce one
	introduce two
	introduce three
	# shellcheck disable=SC2034 # both_ways
	one=$(external_port one) two=$(external_port two) three=$(external_port three)
	listener=$(call h2 tcp 5002 1 198.51.100.1:7001 | jq '.seen[0]')
}

# Each sees the other's external endpoint, and can answer that.
both_ways() { # NAME NAME
	local there=${!2} back=${!1}

	counters_mark
	endpoint_greet "$1" "$ce4:$there"
	endpoint_gets "$2" "$ce4" "$back" "of-$1"
	endpoint_greet "$2" "$ce4:$back"
	endpoint_gets "$1" "$ce4" "$there" "of-$2"
	counted ""
}

# ---------------------------------------------------------------------- TCP

# It says whom it sees. Others can call from its port.
listener_start() {
	h2 socat TCP-LISTEN:5002,fork,reuseaddr,reuseport \
		SYSTEM:'echo $SOCAT_PEERADDR $SOCAT_PEERPORT; cat' 2>"$tmp/listener" &
	await_listener h2 tcp 5002
	head -c 300000 /dev/urandom >"$tmp/sent"
}

# 300 kB there and back: that takes super-packets, and half-close.
connects() { # BOX
	local peer

	counters_mark
	"$1" timeout 40 socat -t 30 - "TCP:$ce4:$listener" <"$tmp/sent" >"$tmp/answer"
	read -r peer <"$tmp/answer"
	echo "seen as $peer"
	[[ $peer == "$ce4 "* ]]
	jq -e "index(${peer#* })" <<<"$ports"
	tail -c +$((${#peer} + 2)) "$tmp/answer" | cmp - "$tmp/sent"
	counted ""
}

# --------------------------------------------------------------------- ICMP

closed_port() { # PROTO
	call h2 "$1" 5012 1 198.51.100.1:7001 | jq '.seen[0]'
}

# That the socket of h1 is told proves that it knows its packet again.
udp_refused() {
	local port

	port=$(closed_port udp)
	# What is quoted shall have its checksum.
	h1 ethtool -K eth0 tx off >/dev/null
	capture_start h1 eth0 "$tmp/icmp.pcap" icmp
	counts "" judge "$(call h1 udp 5011 1 "$ce4:$port")" '.failed == ["ECONNREFUSED"]'
	capture_stop "$tmp/icmp.pcap"
	h1 ethtool -K eth0 tx on >/dev/null
	tcpdump -nvvr "$tmp/icmp.pcap" 2>/dev/null | tee "$tmp/icmp"
	grep -q "$ce4 > 192.168.1.2: ICMP $ce4 udp port $port unreachable" "$tmp/icmp"
	grep -q "192.168.1.2.5011 > $ce4.$port: " "$tmp/icmp"
	refuted grep -i 'wrong\|bad' "$tmp/icmp"
}

tcp_refused() {
	counts "" judge "$(call h1 tcp 5011 1 "$ce4:$(closed_port tcp)")" '.failed == ["ECONNREFUSED"]'
}

# ------------------------------------------------------------------- nobody

nothing_on_wan() { # COMMAND...
	capture_start r6 ce "$tmp/wan.pcap" "ip6 proto 4"
	"$@"
	capture_stop "$tmp/wan.pcap"
	equal "$(seen "$tmp/wan.pcap")" 0 "packets on the WAN"
}

# The mapping is of the other protocol.
nobody() { # COUNTERS-REGEX COMMAND...
	ce mape session flush >/dev/null
	counts "$1" nothing_on_wan "${@:2}"
}

call_nobody() {
	refuted h1 timeout 1 socat /dev/null "TCP:$ce4:4929"
}

# ----------------------------------------------------------- other customers

# A border relay for both customers: theirs are told by their ports.
relay_for_two() {
	ip_in br <<-EOT
		link add tun2 type ip6tnl mode ipip6 local $br6 remote $ce2_6 encaplimit none
		link set tun2 up
		route add default dev tun2 table 2
		rule add to $ce4 ipproto udp dport $theirs lookup 2
		rule add to $ce4 ipproto tcp dport $theirs lookup 2
	EOT
}

# Nobody can come in, so both begin: they must not know each other from before.
# Neither gets a packet from elsewhere.
punch() { # PROTO COMMAND-OF-THE-ONE-INSIDE...
	local other status=0

	ce mape session flush >/dev/null
	ce2 mape session flush >/dev/null
	capture_start r6 wan0 "$tmp/relay.pcap" -s 128 "ip6 proto 4"
	h3 python3 "$test_dir/punch.py" "$1" "$theirs" "$ce4" "$ours" &
	other=$!
	"${@:2}" python3 "$test_dir/punch.py" "$1" "$ours" "$ce4" "$theirs" || status=1
	wait $other || status=2
	capture_stop "$tmp/relay.pcap"
	return $status
}

# The packets of that customer that come to the relay, and that go to it.
relayed() {
	local there back

	there=$(seen "$tmp/relay.pcap" "src $1 and dst $br6")
	back=$(seen "$tmp/relay.pcap" "src $br6 and dst $1")
	echo "$1: $there there, $back back"
	((there >= 2 && back >= 2))
}

by_relay() { # PROTO COMMAND...
	punch "$@"
	relayed "$ce6"
	relayed "$ce2_6"
}

# But for ICMP: that who ends first has closed his port.
directly() { # PROTO COMMAND...
	punch "$@"
	equal "$(seen "$tmp/relay.pcap" "ip6[49] != 1")" 0 "packets at the border relay"
}

# ---------------------------------------------------------------- the router

# Does a lookup find the device or the router itself?
goes_to() { # DEVICE ARGUMENT...
	ip -n "$net-ce" -j route get "${@:2}" | tee /dev/stderr |
		jq -e --arg dev "$1" '.[0].dev == $dev'
}

only_from_the_device() {
	goes_to v6plus "$ce4" from 192.168.1.2 iif lan
	goes_to v6plus "$ce4"
	goes_to lo "$ce4" from 198.51.100.1 iif v6plus
	# The address is the router's for all else.
	ce timeout 5 python3 -c "import socket; socket.socket().bind(('$ce4', 4930))"
	ip -n "$net-ce" route add 203.0.113.0/24 dev v6plus src "$ce4"
	ip -n "$net-ce" route del 203.0.113.0/24 dev v6plus src "$ce4"
}

strict_source_checks() {
	local dev

	for dev in all lan v6plus; do
		ce sysctl -qw "net.ipv4.conf.$dev.rp_filter=1"
	done
	ce nstat -n
}

no_source_refused() {
	ce nstat -as TcpExtIPReversePathFilter | tee /dev/stderr |
		awk '/^TcpExtIPReversePathFilter/ { n += $2 } END { exit n != 0 }'
}

inside() { # WHERE
	for filtering in address-port endpoint address; do
		mode $filtering
		check "F-09 $1, $filtering: two hosts, both ways" both_ways one two
		check "F-09 $1, $filtering: two sockets of a host, both ways" both_ways one three
		check "F-09 $1, $filtering: a socket to itself" both_ways one one
		check "G-10 $1, $filtering: TCP of two hosts" connects h1
		[[ $filtering != address ]] || continue
		natdiscovers "$1"
	done
	check "G-10 $1: TCP of two sockets of a host" connects h2
	check "G-10 $1: TCP of the router itself" connects ce
	check "D-10 $1: h1 is told that a port of h2's is closed" udp_refused
	check "G-10 $1: h1's connection is refused by h2" tcp_refused
	check "F-09 $1: UDP to a port nobody has is dropped" \
		nobody tx_no_session=1 endpoint_greet one "$ce4:4929"
	check "G-10 $1: TCP to a port nobody has is dropped" nobody 'tx_no_session=[12]' call_nobody
	check "A-12 C-09 $1: UDP with another customer, by the border relay" by_relay udp h1
	check "A-12 C-09 $1: TCP with another customer, by the border relay" by_relay tcp h1
}

natdiscovers() { # WHERE
	if command -v turnutils_natdiscovery >/dev/null; then
		check "F-09 $1, $filtering: turnutils_natdiscovery finds a hairpin" \
			natdiscovery "Received a request \(maybe a successful hairpinning\)" -H
	else
		skip "F-09 $1, $filtering: turnutils_natdiscovery finds a hairpin" "it is not there"
	fi
}

topology D2
# Whoever wants a port shall get it, whoever had it.
line_up timeout quarantine,0
second_customer rule "$rule" timeout quarantine,0
ours=$(port_of "$psid" 10)
theirs=$(port_of "$ce2_psid" 10)
relay_for_two
ports=$(port_set_json)
mirror_start 7001
if command -v turnserver >/dev/null; then
	stun_server_start
fi
endpoint_start one h1 5001 of-one 198.51.100.1:7001
endpoint_start two h2 5002 of-two 198.51.100.1:7001
endpoint_start three h1 5003 of-three 198.51.100.1:7001
listener_start

inside "without the address"
address_up
strict_source_checks
check "A-12 the address is local only for what comes out of the device" only_from_the_device
inside "with the address"
check "A-12 with the address: UDP of the router itself, by the border relay" by_relay udp ce
line_set fmr "$rule,$psid_offset"
ip -n "$net-ce2" link set v6plus type mape fmr "$rule,$psid_offset"
check "A-12 C-09 with the address: UDP with another customer directly" directly udp h1
check "A-12 C-09 with the address: TCP with another customer directly" directly tcp h1
check "A-12 with the address: TCP of the router itself, directly" directly tcp ce
check "C-09 with the address: no source was found wrong" no_source_refused
done_testing
