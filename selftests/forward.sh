#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Ports with a purpose: forwards to inner hosts, and reserved ones, which are
# the router's own: for its servers, for nftables' DNAT, for WireGuard.

# shellcheck disable=SC2016 # jq's variables

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=natlib.sh
. "$(dirname "$0")/natlib.sh"
start_testing
require tcpdump ss nc socat curl

forward() { # ARGUMENT...
	ce mape forward "$@"
}

# Whoever calls is told who he is and gets back what he sends. Others can call
# from its port.
echo_start() { # HOST PORT [BIND-ADDRESS]
	"$1" socat "TCP-LISTEN:$2,fork,reuseaddr,reuseport${3:+,bind=$3}" \
		SYSTEM:'echo $SOCAT_PEERADDR; cat' 2>>"$tmp/servers" &
	await_listener "$1" tcp "$2"
}

# A server of 198.51.100.0/24 comes as itself, who is inside as all others.
tcp_from() { # BOX ADDRESS PORT
	equal "$(echo hello | "$1" timeout 20 socat -t 10 - \
		"TCP:$ce4:$3${2:+,bind=198.51.100.$2}")" "${2:+198.51.100.}${2:-$ce4}"$'\n'hello answer
}

udp_from() { # ADDRESS SOURCE-PORT DEST-PORT [TEXT]
	inject "IP(src='198.51.100.$1',dst='$ce4')/UDP(sport=$2,dport=$3)/b'${4-hello}'"
}

# ------------------------------------------------------------------ forwards

add_forwards() {
	equal "$(forward add tcp 4930 192.168.1.2:8080 | sed 's/ *sessions.*//')" \
		"tcp  $ce4:4930 -> 192.168.1.2:8080" "answer"
	forward add udp 4930 192.168.1.2:5300
	judge "$(forward list --json)" 'map([.proto, .ext_port, .inner, .inner_port, .sessions]) | sort ==
		[["tcp", 4930, "192.168.1.2", 8080, 0], ["udp", 4930, "192.168.1.2", 5300, 0]]'
	judge "$(ce mape port --json)" 'map({(.proto): .static}) | add | .tcp == 1 and .udp == 1 and .sctp == 0'
}

# Twenty peers of the forward's endpoint.
same_outbound() { # PROTO INNER-PORT
	judge "$(call h1 "$1" "$2" 20 all:7001-7001)" \
		'.failed == [] and (.seen | length == 20 and unique == [4930])'
}

# Not if it is his own number, nor if all others are used: 239 are left.
nobody_else() { # PROTO
	judge "$(call h2 "$1" 4930 1 198.51.100.1:7001)" '.failed == [] and .seen != [4930]'
	judge "$(call h2 "$1" 0 240 198.51.100.1:7002)" \
		'.failed == ["EHOSTUNREACH"] and (.seen | sort == ($set - [4930]))'
	judge "$(call h2 "$1" 0 240 all:7003-7010)" '.failed == [] and (.seen - ($set - [4930]) == [])'
}

anyone_in() {
	tcp_from s 7 4930
	tcp_from h2 "" 4930
	counts "" udp_from 8 9000 4930 "$filtering"
	endpoint_gets server 198.51.100.8 9000 "$filtering"
}

# Its filter and its backlog are not those of the others.
hundred_in() {
	local port

	counters_mark
	for ((port = 10001; port <= 10100; port++)); do
		udp_from 9 "$port" 4930 many
	done
	wait_for 20 many_are 100
	counted ""
}

many_are() { # COUNT
	(($(grep -c '^198.51.100.9 .* many$' "$tmp/server") == $1))
}

refused_outside() { # PORT
	refuted forward add tcp "$1" 192.168.1.3:3074 2>"$tmp/refusal"
	cat "$tmp/refusal"
	grep -q '4928-4943 \.\. 62272-62287' "$tmp/refusal"
	equal "$(forward list --json | jq length)" 2 forwards
}

refused_twice() {
	refuted forward add tcp 4930 192.168.1.3:80
	refuted forward add tcp 4931 192.168.1.2:8080
	refuted forward add icmp 4931 192.168.1.2:8080
	refuted forward del tcp 4931
	equal "$(forward list --json | jq length)" 2 forwards
}

any_port() {
	local port

	judge "$(forward add tcp any 192.168.1.3:3074 --json)" \
		'(.[0]? // .) | .ext_port as $p | $set - [4930] | index($p)'
	port=$(forward list --json | jq '.[] | select(.inner_port == 3074).ext_port')
	echo_start h2 3074
	tcp_from s 7 "$port"
	forward del tcp "$port"
}

forward_gone() {
	[[ $(ce mape session --ext 4930) ]]
	forward del tcp 4930
	forward del udp 4930
	equal "$(ce mape session --ext 4930)" "" sessions
	equal "$(forward list --json)" "[]" forwards
	counts rx_no_session=1 udp_from 8 9000 4930
	refuted s nc -z -w 1 "$ce4" 4930
	judge "$(ce mape port --json)" 'map(.static) | unique == [0]'
}

seen_as() { # ENDPOINT PORT
	endpoint_greet "$1"
	endpoint_gets "$1" 198.51.100.1 7001 "$ce4 $2"
}

taken_over() {
	seen_as victim 4931
	forward add udp 4931 192.168.1.2:5300
	equal "$(ce mape session --json --inner 192.168.1.3:4931 | jq length)" 0 "sessions of h2"
	udp_from 1 7001 4931 for-h1
	endpoint_gets server 198.51.100.1 7001 for-h1
	endpoint_greet victim
	wait_for 20 has_session 192.168.1.3:4931
	judge "$(ce mape session --json --inner 192.168.1.3:4931)" 'map(.ext_port) | index(4931) == null'
	forward del udp 4931
}

has_session() { # INNER-ADDRESS:PORT
	[[ $(ce mape session --inner "$1") ]]
}

# ------------------------------------------------------------ reserved ports

# 4928 to 4931 are: the other 236 are for 240 endpoints.
not_given() { # PROTO
	judge "$(call h1 "$1" 4930 1 198.51.100.1:7001)" '.failed == [] and .seen != [4930]'
	judge "$(call h2 "$1" 0 240 198.51.100.1:7002)" \
		'(.failed | length == 4 and unique == ["EHOSTUNREACH"]) and
		(.seen | sort == ($set - [range(4928; 4932)]))'
	judge "$(call h2 "$1" 0 240 all:7003-7010)" \
		'.failed == [] and (.seen - ($set - [range(4928; 4932)]) == [])'
	judge "$(ce mape port --json)" "map(select(.proto == \"$1\"))[0] |
		.total == 240 and .reserved == 4 and .free == 0"
}

# What h1 has by 4936 ends.
reserve_used() {
	seen_as client 4936
	hold client_tcp h1 tcp 4936 1 198.51.100.1:7002
	judge "$(<"$tmp/client_tcp")" '.seen == [4936]'
	line_set reserve 4936
	equal "$(ce mape session --ext 4936)" "" sessions
	equal "$(ce mape mapping --ext 4936)" "" mappings
	release
	endpoint_greet client
	wait_for 20 has_session 192.168.1.2:4936
	judge "$(ce mape session --json --inner 192.168.1.2:4936)" 'map(.ext_port) | index(4936) == null'
	line_set reserve none
	ce mape session flush
	judge "$(call h1 tcp 4936 1 198.51.100.1:7002)" '.seen == [4936]'
}

# Neither a server nor the firewall takes it: it does not go round in circles,
# leaves no trace, and is not answered.
nobody_takes_it() {
	ce mape session flush >/dev/null
	capture_start r6 ce "$tmp/wan.pcap" "ip6 proto 4 and src $ce6"
	# The stack also wants to tell of a better way.
	counts '(tx_icmp=1 )?tx_loop=1' udp_from 8 9000 4930
	counts '(tx_icmp=1 )?tx_loop=1' \
		inject "IP(src='198.51.100.8',dst='$ce4')/TCP(sport=9000,dport=4930,flags='S')"
	counts '(tx_icmp=1 )?tx_loop=1' endpoint_greet client "$ce4:4930"
	capture_stop "$tmp/wan.pcap"
	equal "$(tcpdump -nr "$tmp/wan.pcap" 2>/dev/null)" "" "on the WAN"
	equal "$(ce mape session --json | jq length)" 1 "sessions, that of h1"
}

# ----------------------------------------------------------------- who has it

# Says whom it sees.
web_start() { # BOX PORT [BIND-ADDRESS]
	cat >"$tmp/page.sh" <<-'EOT'
		while read -r line && [ ${#line} -gt 1 ]; do :; done
		printf 'HTTP/1.0 200 OK\r\n\r\n%s calls' "$SOCAT_PEERADDR"
	EOT
	"$1" socat "TCP-LISTEN:$2,fork,reuseaddr${3:+,bind=$3}" EXEC:"sh $tmp/page.sh" 2>>"$tmp/servers" &
	await_listener "$1" tcp "$2"
}

# The one outside is seen as himself, those inside as the shared address.
web_page() { # CLIENT PORT SEEN-AS
	equal "$("$1" curl -sS -m 20 "http://$ce4:$2/")" "$3 calls" page
}

# Both ways, between an endpoint behind the port and one who calls it.
udp_both_ways() { # SERVER-ENDPOINT CLIENT-ENDPOINT PORT SEEN-AS
	local port

	endpoint_greet "$2" "$ce4:$3"
	wait_for 20 grep -q "^$4 [0-9]* [0-9]* of-$2" "$tmp/$1"
	port=$(sed -n "s/^$4 \([0-9]*\) [0-9]* of-$2/\1/p" "$tmp/$1" | tail -n 1)
	endpoint_greet "$1" "$4:$port"
	endpoint_gets "$2" "$ce4" "$3" "of-$1"
}

# As an administrator would write it.
redirect() {
	ce nft -f - <<-EOT
		table ip own_ports {
			chain prerouting {
				type nat hook prerouting priority dstnat;
				iifname v6plus tcp dport 4931 dnat to 192.168.1.2:80
				iifname v6plus udp dport 4931 dnat to 192.168.1.2:5400
			}
		}
	EOT
}

# There is no session of the NAT's for the one outside.
redirected() {
	web_page s 4931 198.51.100.1
	udp_both_ways behind outside 4931 198.51.100.1
	equal "$(ce mape session)" "" sessions
	web_page h2 4931 "$ce4"
	udp_both_ways behind inside 4931 "$ce4"
}

server_of_router() {
	web_page s 4932 198.51.100.1
	udp_both_ways router outside 4933 198.51.100.1
	equal "$(ce mape session)" "" sessions
	web_page h1 4932 "$ce4"
	web_page ce 4932 "$ce4"
	udp_both_ways router inside 4933 "$ce4"
}

# Where nobody listens who calls is told so, as by any host: by whom inside and
# outside, and the router itself.
router_refuses() {
	local proto

	counters_mark
	for proto in tcp udp; do
		judge "$(call s $proto 0 1 "$ce4:4935")" '.failed == ["ECONNREFUSED"]'
		judge "$(call h1 $proto 0 1 "$ce4:4935")" '.failed == ["ECONNREFUSED"]'
		judge "$(call ce $proto 4935 1 198.51.100.1:9999)" '.failed == ["ECONNREFUSED"]'
	done
	counted ""
}

# The one outside begins.
wireguard_start() {
	local box

	for box in ce s; do
		wg genkey >"$tmp/wg-$box"
		wg pubkey <"$tmp/wg-$box" >"$tmp/wg-$box.pub"
		ip -n "$net-$box" link add wg type wireguard
	done
	ce wg set wg listen-port 4934 private-key "$tmp/wg-ce" \
		peer "$(<"$tmp/wg-s.pub")" allowed-ips 10.9.0.2/32
	s wg set wg private-key "$tmp/wg-s" \
		peer "$(<"$tmp/wg-ce.pub")" allowed-ips 10.9.0.1/32 endpoint "$ce4:4934"
	ip_in ce <<-EOT
		address add 10.9.0.1/24 dev wg
		link set wg up
	EOT
	ip_in s <<-EOT
		address add 10.9.0.2/24 dev wg
		link set wg up
	EOT
}

wireguard() {
	wireguard_start
	wait_for 30 s ping -nq -c 1 -W 2 10.9.0.1
	ce ping -nq -c 2 -W 5 10.9.0.2
	equal "$(ce mape session)" "" sessions
	ce wg show wg endpoints
}

# Ports that are not reserved: a socket of the router's has its own number
# outside, too, and as long as it has nobody gets that.
own_port() { # PROTO
	ce mape session flush >/dev/null
	hold own ce "$1" 4940 5 all:7001-7001
	judge "$(<"$tmp/own")" ".addresses == [\"$ce4\"] and .seen == [4940, 4940, 4940, 4940, 4940]"
	judge "$(call h1 "$1" 4940 1 198.51.100.1:7001)" '.failed == [] and .seen != [4940]'
	# All the other ports there are: 8 are reserved, and h1 has one.
	judge "$(call h2 "$1" 0 230 198.51.100.20:7002)" \
		'.failed == [] and (.seen | index(4940) == null and (unique | length == 230))'
	release
}

topology D2
# Whoever wants a port shall get it, whoever had it.
line_up timeout quarantine,0
ports=$(port_set_json)
mirror_start 7001 7002 7003 7004 7005 7006 7007 7008 7009 7010
injector_start s eth0 br s

check "J-06 forwards are added and listed" add_forwards
for proto in tcp udp; do
	[[ $proto == tcp ]] && port=8080 || port=5300
	check "F-13 the forward's endpoint has its port for all peers, $proto" same_outbound $proto $port
	check "F-13 nobody else gets a forward's port, $proto" nobody_else $proto
done
ce mape session flush >/dev/null
echo_start h1 8080
endpoint_start server h1 5300 of-server
for filtering in address-port endpoint address; do
	line_set filtering $filtering
	check "F-13 J-06 $filtering: anyone comes in by a forward" anyone_in
done
check "J-06 a hundred that are not answered come in by a forward" hundred_in
check "J-06 a port outside the set is refused, and the set named" refused_outside 3074
check "J-06 what has a forward, or cannot, is refused" refused_twice
check "J-06 any port is one of the set, and works" any_port
check "J-06 with a forward its sessions go" forward_gone
endpoint_start victim h2 4931 hello 198.51.100.1:7001
check "J-06 a forward takes the port over that others use" taken_over

line_anew reserve 4928-4931 timeout quarantine,0
for proto in tcp udp; do
	check "reserve: 240 $proto endpoints have the other 236 ports" not_given $proto
done
line_anew timeout quarantine,0
endpoint_start client h1 4936 hello 198.51.100.1:7001
check "reserve: a port in use is taken away, and given back" reserve_used
line_anew reserve 4928-4935 timeout quarantine,0
check "S-03 S-17 reserve: what nobody takes is dropped, once" nobody_takes_it

ce mape session flush >/dev/null
endpoint_start outside s 9100 of-outside
endpoint_start inside h2 5500 of-inside
if command -v nft >/dev/null; then
	endpoint_start behind h1 5400 of-behind
	web_start h1 80
	redirect
	check "reserve: DNAT to an inner host, from outside and from inside" redirected
	ce nft delete table ip own_ports
else
	skip "reserve: DNAT to an inner host, from outside and from inside" "there is no nft"
fi
ce mape session flush >/dev/null
address_up
endpoint_start router ce 4933 of-router
web_start ce 4932 "$ce4"
check "reserve: a server of the router, from outside and from inside" server_of_router
check "reserve: ICMP errors and RSTs of closed ports, both ways" router_refuses
if command -v wg >/dev/null && modprobe -q wireguard; then
	ce mape session flush >/dev/null
	check "reserve: WireGuard on the router, begun outside" wireguard
else
	skip "reserve: WireGuard on the router, begun outside" "it is not there"
fi
for proto in tcp udp; do
	check "the router's own port is kept, and not given to others, $proto" own_port $proto
done
injector_stop
done_testing
