#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Crafted packets to the end of the tunnel: what passes RFC 7597 section 8.1
# reaches h1, and the rest is dropped, counted once, and answered by silence.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require tcpdump ping ss
# The rule forwards: so there are other customers to be told from each other.
# shellcheck disable=SC2034 # for line_arguments
rule_kind=fmr

# A packet for h1's session, different from the right one where told.
craft() { # [NAME=VALUE...]
	local src=$br6 dst=$ce6 from=198.51.100.1 to=$ce4 sport=7777 dport=$ours
	local v6='' v4='' extension='' payload='' layer4='' "$@"

	[[ $layer4 ]] || layer4="UDP(sport=$sport,dport=$dport)"
	inject "IPv6(src='$src',dst='$dst'$v6)/${extension}IP(src='$from',dst='$to'$v4)/$layer4/b'$payload'"
}

# It is a payload of its own that arrives, or not.
serial=0
arrives() { # [NAME=VALUE...]
	local text=pass-$domain-$((serial))

	counts "" craft payload="$text" "$@"
	wait_for 5 grep "$text\$" "$tmp/h1-$domain" || {
		cat "$tmp/h1-$domain"
		return 1
	}
}

dropped() { # COUNTER [NAME=VALUE...]
	counts "$1=1" craft payload=bad "${@:2}"
}

check_arrives() { # NAME [NAME=VALUE...]
	((++serial))
	check "$1, $domain: passes" arrives "${@:2}"
}

check_dropped() { # NAME COUNTER [NAME=VALUE...]
	check "$1, $domain: dropped, $2" dropped "${@:2}"
}

# All that the customer edge sends but for neighbour discovery.
answers_start() { # FILE
	local mac

	mac=$(ip -n "$net-ce" -j link show wan0 | jq -r '.[0].address')
	capture_start r6 ce "$1" "ip6 and ether src $mac and
		not (icmp6 and ip6[40] >= 133 and ip6[40] <= 136)"
}

from_relay() {
	check_arrives "C-01 an answer by the border relay"
	check_arrives "C-01 the relay may bring what another customer sent" \
		from="$ce4" sport="$theirs"
	check_dropped "C-07 for another address" rx_bad_v4_dst to=192.0.2.19
	check_dropped "C-08 for a port of another PSID" rx_bad_port dport="$theirs"
	check_dropped "C-08 for a port with A = 0" rx_bad_port dport=$((ours & 0x3ff))
	check_dropped "C-08 for a port nobody owns" rx_bad_port dport=80
	check_dropped "F-06 for a port without a session" rx_no_session dport=$((ours + 1))
	check_dropped "F-08 from an address without a session" rx_no_session from=198.51.100.2
	check_dropped "F-12 TCP to the session's port" rx_no_session \
		layer4="TCP(sport=7777,dport=$ours,flags='S')"
	check_dropped "C-04 an echo request" rx_icmp layer4="ICMP(id=$ours)"
	check_dropped "I-04 a protocol without ports" rx_no_port layer4="GRE()"
}

from_customer() {
	local peer="src=$ce2_6 from=$ce4 sport=$theirs"
	local other=2001:db8:12:5600:c0:2:1200:5600 first=$((ours & 0x3ff))

	[[ $domain == D1 ]] || other=2001:db8:12:5600:0:c000:212:56
	# The peer's PSID where it would be in a port with A = 0.
	first=$((ce2_psid << (16 - psid_offset - psid_len)))
	# shellcheck disable=SC2086 # words
	{
		check_arrives "C-03 from another customer" $peer
		check_dropped "C-02 outer source unknown" rx_bad_v6_src $peer src=2001:db9::1
		check_dropped "C-02 outer source unknown, for a session" rx_bad_v6_src src=2001:db9::1
		check_dropped "C-03 wrong address" rx_spoofed $peer from=192.0.2.19
		check_dropped "C-03 wrong PSID" rx_spoofed $peer sport="$(port_of $((ce2_psid + 1)) 0)"
		check_dropped "C-03 our own port" rx_spoofed $peer sport="$ours"
		check_dropped "C-03 port with A = 0" rx_spoofed $peer sport=$first
		check_dropped "C-03 right EA bits, wrong identifier" rx_spoofed $peer src=2001:db8:12:5600::1
		check_dropped "A-10 C-03 the other identifier layout" rx_spoofed $peer src=$other
		check_dropped "C-03 right address, wrong subnet" rx_spoofed $peer \
			src="${ce2_6/5600:/5601:}"
		check_dropped "C-03 inner source of no customer" rx_spoofed src="$ce2_6"
		check_dropped "C-03 our own outer source" rx_spoofed $peer src="$ce6"
	}
}

malformed() {
	check_dropped "B-12 bad header checksum" rx_malformed v4=,chksum=1
	check_dropped "B-12 version 5" rx_malformed v4=,version=5
	check_dropped "B-12 header of 16 bytes" rx_malformed v4=,ihl=4
	check_dropped "B-12 length beyond the end" rx_malformed v4=,len=100
	check_dropped "B-12 length shorter than the header" rx_malformed v4=,len=19
	check_dropped "B-12 transport header cut short" rx_malformed v4=,proto=17 layer4="b'123'"
	# No second part comes of this.
	check_dropped "C-06 a fragment alone" rx_fragment v4=,frag=2
}

all_of_domain() {
	topology "$domain"
	# The answers of another customer are ours to craft.
	ip -n "$net-r6" route add blackhole "$ce2_prefix"
	line_up
	ours=$(port_of "$psid" 1)
	theirs=$(port_of "$ce2_psid" 2)
	endpoint_start sink-$domain s 7777 hello
	endpoint_start "h1-$domain" h1 "$ours" hello 198.51.100.1:7777 "$ce4:$theirs"
	wait_for 5 grep -q hello "$tmp/sink-$domain" || bail "h1 has no session"
	injector_start r6 ce ce wan0
	capture_start ce lan "$tmp/lan.pcap" udp or tcp or icmp
	answers_start "$tmp/wan.pcap"

	from_relay
	from_customer
	malformed
	capture_stop "$tmp/lan.pcap"
	capture_stop "$tmp/wan.pcap"
	check "C-02 C-03 $domain: only what passed was on the LAN" on_the_lan
	check "C-02 C-03 $domain: nothing was answered" \
		equal "$(tcpdump -nr "$tmp/wan.pcap" 2>/dev/null)" ""
}

# As much as passed, and all of it for h1.
on_the_lan() {
	tcpdump -Anr "$tmp/lan.pcap" 2>/dev/null | tee "$tmp/lan"
	equal "$(grep -c "> 192.168.1.2.$ours: UDP" "$tmp/lan")" "$serial" packets
	equal "$(tcpdump -nr "$tmp/lan.pcap" 2>/dev/null | wc -l)" "$serial" "all packets"
	refuted grep bad "$tmp/lan"
}

ping6_answered() {
	counts "" r6 ping -6 -nq -c 2 -W 5 "$ce6"
}

# As if the /64 were that of the WAN itself.
neighbour_found() {
	ip -n "$net-r6" route del "$prefix"
	ip -n "$net-r6" route add "${ce6%:*:*:*:*}::/64" dev ce
	counts "" r6 ping -6 -nq -c 1 -W 5 "$ce6"
	ip -n "$net-r6" -6 neighbour show "$ce6" | tee /dev/stderr | grep -q lladdr
}

# The device does not take it; the stack knows nobody for it either.
ipv6_left_alone() {
	answers_start "$tmp/41.pcap"
	counts "" inject "IPv6(src='$br6',dst='$ce6')/IPv6(src='$br6',dst='$ce6')/UDP()"
	capture_stop "$tmp/41.pcap"
	tcpdump -nr "$tmp/41.pcap" 2>/dev/null | tee "$tmp/41"
	# What it says depends on who else is there for that protocol.
	grep -Eq 'ICMP6, (parameter problem|destination unreachable)' "$tmp/41"
}

for domain in D2 D1; do
	serial=0
	demolish
	all_of_domain
	[[ $domain == D2 ]] || break
	check_arrives "B-11 destination options before" extension="IPv6ExtHdrDestOpt()/"
	check_arrives "B-11 hop-by-hop options before" extension="IPv6ExtHdrHopByHop()/"
	((text_length = ${#domain} + 6 + ${#serial}))
	check_arrives "B-12 bytes behind the inner packet are cut off" v4=,len=$((28 + text_length)) \
		layer4="UDP(sport=7777,dport=$ours,len=$((8 + text_length)),chksum=0)" \
		payload="pass-$domain-$((serial + 1))trailing"
	check "A-11 B-10 ping to the CE address is answered" ping6_answered
	check "A-11 B-10 neighbour discovery finds the CE address" neighbour_found
	check "B-10 IPv6 in IPv6 is left to the stack" ipv6_left_alone
	# Without F flag the rule says nothing of other customers (A-14).
	ip -n "$net-ce" link set v6plus type mape rule "$rule,$psid_offset"
	check_dropped "A-14 C-02 from a customer, rule not for forwarding" rx_bad_v6_src \
		src="$ce2_6" from="$ce4" sport="$theirs"
	injector_stop
done
done_testing
