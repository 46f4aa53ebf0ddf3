#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Forwarding mapping rules: which customer edge a packet goes to, and that two
# customers with one IPv4 address talk without the border relay.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require tcpdump ping ss

# The device with these rule words instead of `rule $rule`.
mesh_up() { # RULE-WORD...
	ip_in ce <<-EOT
		link add v6plus type mape dev wan0 prefix $prefix br $br6 iid $iid $*
		link set v6plus up
		route add default dev v6plus
	EOT
}

seen() { # PCAP FILTER...
	tcpdump -nr "$1" "${@:2}" 2>/dev/null | wc -l
}

# ------------------------------------------------------ two on one address

# A port of either set, which the NATs keep; nobody can come in, so both begin.
punch() { # PROTO
	local status=0 other

	capture_start r6 ce "$tmp/mesh.pcap" -s 128 ip6
	capture_start r6 wan0 "$tmp/relay.pcap" -s 128 ip6 proto 4
	h3 python3 "$test_dir/punch.py" "$1" "$port2" "$ce4" "$port1" &
	other=$!
	h1 python3 "$test_dir/punch.py" "$1" "$port1" "$ce4" "$port2" || status=1
	wait $other || status=2
	capture_stop "$tmp/mesh.pcap"
	capture_stop "$tmp/relay.pcap"
	return $status
}

# What punch() recorded: each way only between the two, nothing elsewhere.
direct() { # PROTO
	local there back all
	# Either end may send once more when the other's socket has gone.
	local data="ip6 proto 4 and ip6[49] != 1"

	there=$(seen "$tmp/mesh.pcap" "src $ce6 and dst $ce2_6 and $data")
	back=$(seen "$tmp/mesh.pcap" "src $ce2_6 and dst $ce6 and $data")
	all=$(seen "$tmp/mesh.pcap" "($data) or ip6 proto 44")
	echo "$there there, $back back, $all in all"
	((there >= 2 && back >= 2 && there + back == all))
	equal "$(seen "$tmp/relay.pcap")" 0 "packets at the border relay"
	# The inner packets are of the same address and the known ports.
	tcpdump -nr "$tmp/mesh.pcap" "$data" 2>/dev/null |
		grep -vE "$ce4\.($port1 > $ce4\.$port2|$port2 > $ce4\.$port1):" >"$tmp/odd" || :
	diff /dev/null "$tmp/odd"
}

# From h1 to h3 as punch() did; where it goes is seen on the WAN.
goes_to() { # ADDRESS [DEST [PORT]]
	capture_start r6 ce "$tmp/goes.pcap" "ip6 proto 4 and src $ce6"
	h1 python3 "$test_dir/fmr.py" send 192.168.1.2 "udp,${2:-$ce4},${3:-$port2}"
	capture_stop "$tmp/goes.pcap"
	tcpdump -nr "$tmp/goes.pcap"
	equal "$(seen "$tmp/goes.pcap")" 1 packets
	equal "$(seen "$tmp/goes.pcap" dst "$1")" 1 "packets to $1"
}

# A packet of h3's flow to h1, from another MAP address than ce2's.
from_address() { # ADDRESS COUNTERS PACKETS
	counters_mark
	capture_start h1 eth0 "$tmp/from.pcap" udp
	r6 python3 "$test_dir/raw6.py" udp4 "$1" "$ce6" "$ce4" "$port2" "$ce4" "$port1"
	capture_stop "$tmp/from.pcap"
	equal "$(counters_since_mark)" "$2" counters
	equal "$(seen "$tmp/from.pcap")" "$3" "packets at h1"
}

# The MAP address of ce2 if it had the other layout of identifiers.
other_layout() {
	case $iid in
	rfc7597) echo 2001:db8:12:5600:c0:2:1200:5600 ;;
	*) echo 2001:db8:12:5600:0:c000:212:56 ;;
	esac
}

# ------------------------------------------------------------ which of many

many() {
	capture_start r6 ce "$tmp/many.pcap" "ip6 proto 4 and src $ce6"
	h1 python3 "$test_dir/fmr.py" send 192.168.1.2 "$@"
	capture_stop "$tmp/many.pcap"
	python3 "$test_dir/fmr.py" judge "$tmp/many.pcap" "$ce6" "$br6" "$iid" "${fmrs[@]}" \
		>"$tmp/many" 2>"$tmp/many.err" || :
}

judged() { # JQ-CONDITION
	cat "$tmp/many.err" "$tmp/many"
	jq -e "$1" "$tmp/many"
}

for domain in D1 D2; do
	demolish
	topology $domain
	fmr=$rule,$psid_offset
	mesh_up fmr "$fmr"
	second_customer fmr "$fmr"
	# The first port with A = 1 of either.
	port1=$(((1 << (16 - psid_offset)) + (psid << (8 - psid_offset))))
	port2=$(((1 << (16 - psid_offset)) + (ce2_psid << (8 - psid_offset))))

	for proto in udp tcp; do
		check "C-09 $domain: $proto between two customers of one address" punch $proto
		check "A-13 $domain: $proto between them goes directly" direct $proto
	done
	# A flow of UDP between them is open now.
	check "C-03 $domain: a packet from the peer comes in" from_address "$ce2_6" "" 1
	check "A-10 $domain: not so if it has the other layout" \
		from_address "$(other_layout)" rx_spoofed=1 0
	check "A-14 $domain: fmr: to the peer" goes_to "$ce2_6"
	check "A-15 $domain: port 80 is of no customer" goes_to "$br6" "$ce4" 80
	check "A-15 $domain: nor is the last port with A = 0" \
		goes_to "$br6" 192.0.2.99 $(((1 << (16 - psid_offset)) - 1))
	ip -n "$net-ce" link set v6plus type mape rule "$fmr"
	check "A-14 $domain: rule: to the border relay" goes_to "$br6"
	# There is no forwarding mapping rule now that covers the peer.
	check "C-02 $domain: rule: a packet from the peer is dropped" \
		from_address "$ce2_6" rx_bad_v6_src=1 0

	# The /28 in the /24 has a place of its own, the other two rules share no
	# address, and the last is for prefixes; a plain rule does not count.
	fmrs=("$fmr" "2001:db9:100::/44,192.0.2.64/28,12,$psid_offset"
		"2001:dba::/40,203.0.113.0/24,8,$psid_offset"
		"2001:dbb::/56,100.64.0.0/16,8,$psid_offset")
	ip -n "$net-ce" link set v6plus type mape \
		rule "2001:dbc::/44,192.0.2.72/30,10,$psid_offset" \
		fmr "${fmrs[0]}" fmr "${fmrs[1]}" fmr "${fmrs[2]}" fmr "${fmrs[3]}"
	many 192.0.2.0/24,300 192.0.2.64/28,300 203.0.113.0/24,50 100.64.0.0/16,50 \
		198.51.100.0/24,20 \
		tcp,192.0.2.70,$port2 icmp,192.0.2.70,0 icmp,203.0.113.7,0 icmp,100.64.9.9,0 \
		tcp,203.0.113.8,80
	diagnose <"$tmp/many"
	check "A-13 $domain: 724 packets go where the longest rule says" judged \
		".wrong == 0 and (.to | add) == 725 and (.to | length) == 5 and
		.to[\"${fmrs[1]}\"] > 200 and .to[\"${fmrs[2]}\"] == 52"
done
done_testing
