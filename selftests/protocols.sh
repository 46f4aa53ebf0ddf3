#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Other protocols than TCP and UDP, with ports and without, and other customers
# than those with a shared address: with an address, or a prefix, of their own,
# or with a single port.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require nft ping ss modprobe

# Another customer's line. h1 has the address HOST, else a private one.
customer() { # DOMAIN [HOST [ARGUMENT...]]
	line_change "$1" "${@:3}"
	ask "customer('$ce4', $psid_offset, $psid_len, $psid${2:+, '$2'})" >/dev/null
}

check_dropped() { # NAME COUNTERS FUNCTION
	check "$1" counts "$2" ask "$3"
}

# By sockets, if the kernel speaks it, of h2.
check_real() { # NAME PROTO NUMBER KIND
	modprobe -qa "$2" "${2}_ipv4" || :
	if [[ $(ask "has($3, $4)") == true ]]; then
		check "$1" counts "" ask "real_$2('192.168.1.3')"
	else
		skip "$1" "the kernel has no $2"
	fi
}

# ------------------------------------------------- tunnels of the kernel's own

gre_tunnel() {
	ip_in h1 <<-EOT
		link add gre1 type gre local 192.168.1.2 remote 198.51.100.1
		link set gre1 mtu 1400 up
		address add 10.9.0.1/30 dev gre1
	EOT
	ip_in s <<-EOT
		link add gre1 type gre local 198.51.100.1 remote $ce4
		link set gre1 mtu 1400 up
		address add 10.9.0.2/30 dev gre1
	EOT
	h1 ping -nq -c 3 -i 0.2 -W 10 10.9.0.2
	s ping -nq -c 3 -i 0.2 -W 10 -s 3000 10.9.0.1
	ip -n "$net-h1" link del gre1
	ip -n "$net-s" link del gre1
}

# A tunnel of two ESP associations, seen from either end.
esp_side() { # BOX OWN-ADDRESS OTHER-ADDRESS OUT-SPI IN-SPI INNER OTHER-INNER
	local key

	key="aead rfc4106(gcm(aes)) 0x$(printf '%040d' 7) 128"
	ip_in "$1" <<-EOT
		address add $6/32 dev lo
		route add $7/32 dev eth0 via ${8} onlink src $6
		xfrm state add src $2 dst $3 proto esp spi $4 mode tunnel $key
		xfrm state add src $3 dst $2 proto esp spi $5 mode tunnel $key
		xfrm policy add src $6 dst $7 dir out tmpl src $2 dst $3 proto esp mode tunnel
		xfrm policy add src $7 dst $6 dir in tmpl src $3 dst $2 proto esp mode tunnel
	EOT
}

esp_tunnel() {
	esp_side h1 192.168.1.2 198.51.100.1 0x101 0x202 10.9.1.1 10.9.1.2 192.168.1.1
	esp_side s 198.51.100.1 "$ce4" 0x202 0x101 10.9.1.2 10.9.1.1 198.51.100.254
	h1 ping -nq -c 3 -i 0.2 -W 10 10.9.1.2
	s ping -nq -c 3 -i 0.2 -W 10 -s 1200 10.9.1.1
	for box in h1 s; do
		ip -n "$net-$box" -s xfrm state
		ip -n "$net-$box" xfrm policy flush
		ip -n "$net-$box" xfrm state flush
	done
}

has_esp() {
	modprobe -q esp4 &&
		ip -n "$net-h1" xfrm state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 1 \
			aead 'rfc4106(gcm(aes))' "0x$(printf '%040d' 7)" 128 2>/dev/null &&
		ip -n "$net-h1" xfrm state flush
}

# ------------------------------------------------------------ without the NAT

# h1 has an address of the customer's own beside that of the LAN.
public_host() { # ADDRESS
	ip_in h1 <<-EOT
		address add $1/32 dev eth0
		route replace default via 192.168.1.1 src $1
	EOT
	ip -n "$net-ce" route replace "$1/32" via 192.168.1.2 dev lan
}

private_host() { # ADDRESS
	ip -n "$net-ce" route del "$1/32"
	ip_in h1 <<-EOT
		route replace default via 192.168.1.1
		address del $1/32 dev eth0
	EOT
}

# Real ones, begun by either side, and with fragments.
reached_both_ways() { # ADDRESS
	h1 ping -nq -c 2 -i 0.2 -W 10 -I "$1" 198.51.100.1
	s ping -nq -c 2 -i 0.2 -W 10 "$1"
	s ping -nq -c 2 -i 0.2 -W 10 -s 3000 "$1"
	h1 nc -l -s "$1" -p 80 >"$tmp/got" &
	await_listener h1 tcp 80
	echo hello | s nc -q 0 -w 20 "$1" 80
	wait_for 10 grep -q hello "$tmp/got"
}

nat_off_refused() {
	local status=0

	ip -n "$net-ce" link set v6plus type mape nat off 2>"$tmp/err" || status=$?
	cat "$tmp/err"
	refuted test "$status" = 0
	grep -q 'a shared IPv4 address needs it' "$tmp/err"
	equal "$(shown .nat)" auto
	h1 ping -nq -c 1 -W 10 198.51.100.1
}

ends_with_nat() { # off|auto
	ip -n "$net-ce" link set v6plus type mape nat "$1"
	equal "$(shown .nat)" "$1"
}

topology D2
deafen_to_crafted
# SCTP would send chunks anew that are too big for the tunnel, and cut them.
ip -n "$net-h2" route change default via 192.168.1.1 mtu 1460
ip -n "$net-s" route change default via 198.51.100.254 dev eth0 onlink mtu 1460
# What comes to h2 and s shall be in pieces, and its CRC on the wire.
ce ethtool -K h2 tx-sctp-segmentation off tx-checksum-sctp off >/dev/null
br ethtool -K s tx-sctp-segmentation off tx-checksum-sctp off >/dev/null
ce sysctl -qw net.ipv4.icmp_ratemask=0
partner_start python3 "$test_dir/transports.py" "$net"
customer D2

check "I-02 SCTP: checksum, states and timers" counts "" ask "sctp_states()"
check "I-01 DCCP: checksum, coverage, service code, states and timers" counts "" ask "dccp_states()"
check "I-01 DCCP-Listen opens for a request" counts "" ask "dccp_listen()"
check "I-03 UDP-Lite: checksum, coverage and timers" counts "" ask "udplite_states()"
for proto in sctp dccp udplite; do
	check "I-01 I-02 I-03 an endpoint has one $proto port for all" counts "" ask "one_port('$proto')"
	check "I-01 I-02 I-03 a $proto port of the set is kept" counts "" ask "port_kept('$proto')"
	check_dropped "I-01 I-02 I-03 $proto that nobody asked for" rx_no_session=2 "unsolicited('$proto')"
done
for proto in tcp udp icmp sctp dccp udplite; do
	check "B-14 I-02 a wrong $proto checksum stays wrong" counts "" ask "wrong_stays_wrong('$proto')"
done
check_dropped "B-12 SCTP without a chunk" tx_malformed=1 "cut_short('sctp', 12)"
check_dropped "B-12 DCCP cut short" tx_malformed=1 "cut_short('dccp', 11)"
check_dropped "B-12 UDP-Lite cut short" tx_malformed=1 "cut_short('udplite', 7)"
check_real "I-02 the kernel's SCTP through the NAT, super-packets" sctp 132 1
for box in h2 s; do
	"$box" ethtool -K eth0 tx-sctp-segmentation off tx-checksum-sctp off >/dev/null
done
check_real "I-02 the kernel's SCTP through the NAT, complete packets" sctp 132 1
check_real "I-01 the kernel's DCCP through the NAT" dccp 33 6
check_real "I-03 the kernel's UDP-Lite through the NAT" udplite 136 2

check_dropped "I-04 protocols without ports: h1 gets 3/2, nothing leaves" tx_no_port=11 "portless_refused()"
check_dropped "I-04 protocols without ports from outside: silence" rx_no_port=11 "portless_from_outside()"
check "F-10 G-09 addresses in SIP, FTP and PPTP stay what they are" counts "" ask "no_algs()"
check "F-10 TFTP needs no help" counts "" ask "tftp()"
check "I-05 multicast and broadcast of the LAN does not leave" ask "groups()"
check_dropped "I-05 nor what is routed into the device" tx_multicast=3 "groups_of_the_router()"
check "I-06 source routes are not followed" ask "source_routes('$ce6', '$br6')"
check "L-02 a shared address without NAT is refused" nat_off_refused

customer explicit
check "L-03 EA length 0 and a PSID: the NAT works" counts "" \
	ask "works('udp', 'tcp', 'icmp', 'sctp')"
check_dropped "L-03 I-04 the address is shared" tx_no_port=11 "portless_refused()"

customer whole
check "L-03 EA length 0, address alone: the NAT works" counts "" \
	ask "works('udp', 'tcp', 'icmp', 'sctp', 'dccp', 'udplite')"
check "I-04 protocols without ports pass, answers come back" \
	counts 'rx_no_session=11' ask "portless_passed()"
check "I-04 D-07 D-08 errors about ESP" counts "" ask "portless_error()"
check "I-04 one host inside for a server and protocol" \
	counts port_exhausted=1 ask "portless_one_host('192.168.1.3')"
if modprobe -q ip_gre; then
	check "I-04 a GRE tunnel of h1's" counts "" gre_tunnel
else
	skip "I-04 a GRE tunnel of h1's" "the kernel has no GRE"
fi
if has_esp; then
	check "I-04 an IPsec tunnel of h1's" counts "" esp_tunnel
else
	skip "I-04 an IPsec tunnel of h1's" "the kernel has no ESP"
fi

# The highest ports are of neither host, so that the own number is no use.
customer whole "" sessions-per-host 65536
check "L-01 60 000 flows with one server" counts "" ask "many(60000)"

customer whole 192.0.2.18 nat off
public_host 192.0.2.18
check "L-02 nat off: nothing is translated" counts "" ask "public('192.0.2.18')"
check "L-02 nat off: h1 is reached as it is" counts "" reached_both_ways 192.0.2.18
check_dropped "L-02 nat off: no other source" tx_bad_source=2 "foreign_source('192.168.1.2', '192.0.2.19')"
check_dropped "C-07 L-02 nat off: no other destination" rx_bad_v4_dst=2 \
	"foreign_dest('$ce6', '$br6', '192.0.2.19', '192.168.1.2')"
private_host 192.0.2.18
customer whole
check "L-02 nat off and on again" counts "" ends_with_nat off
check "L-02 on again: the NAT works" counts "" ends_with_nat auto
check "L-02 on again: flows are translated" counts "" ask "works('udp', 'tcp')"

customer prefix 192.0.2.241
public_host 192.0.2.241
check "L-02 an IPv4 prefix: nothing is translated" counts "" ask "public('192.0.2.241')"
check "L-02 an IPv4 prefix: h1 is reached as it is" counts "" reached_both_ways 192.0.2.241
check_dropped "L-02 an IPv4 prefix: no source outside" tx_bad_source=3 \
	"foreign_source('192.168.1.2', '192.0.2.239', '192.0.3.0')"
check_dropped "C-07 L-02 an IPv4 prefix: no destination outside" rx_bad_v4_dst=3 \
	"foreign_dest('$ce6', '$br6', '192.0.2.239', '192.0.3.0', '192.168.1.2')"
ip -n "$net-ce" link set v6plus type mape fmr "$rule"
check "C-03 L-02 from the customer with the prefix before" counts "" \
	ask "from_customer('$ce6', '2001:db8:e0::c000:2e0:0', '192.0.2.225')"
check_dropped "C-03 L-02 not for another's prefix" rx_spoofed=1 \
	"spoofed('$ce6', '2001:db8:e0::c000:2e0:0', '192.0.2.209')"
private_host 192.0.2.241

customer single
for proto in udp tcp icmp; do
	check "L-04 a single port carries one $proto flow with each peer" \
		counts port_exhausted=1 ask "one_only('$proto')"
done
partner_stop
done_testing
