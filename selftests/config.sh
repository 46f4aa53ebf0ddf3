#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Configuration with the distribution's ip: what is given is shown, with what
# follows from it; what is wrong is refused with a reason and leaves nothing;
# a change keeps what it does not name; a device and its underlay may be in
# different namespaces.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require tcpdump ping ss nc socat setpriv unshare nsenter

# A line of D1 but for its rule, and what a rule of it is with EA bits behind.
br1=2001:db8:ffff::1
br2=2001:db8:ffff::2
d1_prefix="prefix 2001:db8:12:3400::/56 br $br1"
d1_rule=2001:db8::/40,192.0.2.0/24
# Without EA bits, as in RFC 7597's appendix A, examples 4 and 5.
whole_rule=2001:db8:12:3400::/56,192.0.2.18/32,0

ce_link() { # IP-LINK-ARGUMENT...
	ip -n "$net-ce" link "$@"
}

delete() {
	ce_link del v6plus 2>/dev/null || :
}

add() { # ARGUMENTS [DEV]
	# shellcheck disable=SC2086 # words
	ce_link add "${2:-v6plus}" type mape $1
}

# All that is shown of the device, but for its number.
dump() {
	ip -n "$net-ce" -d link show v6plus | sed -E '1s/^[0-9]+: //; s/ +$//'
}

# ------------------------------------------------------------ what is shown

example() {
	delete
	# Word for word as it is in the documentation.
	ce ip link add v6plus type mape dev wan0 \
		prefix 240b:12:3456:7800::/64 \
		rule 240b:12::/31,14.8.0.0/15,25,4 \
		br 2404:9200:225:100::64 iid draft03
	dump | tee "$tmp/show"
	grep -qF 'link/tunnel6 240b:12:3456:7800:e:834:5600:7800 peer 2404:9200:225:100::64' \
		"$tmp/show"
	grep -qF 'derived ipv4 14.8.52.86 psid 120/8 offset 4 ports 240 in 15 ranges (6016-6031 .. 63360-63375) local 240b:12:3456:7800:e:834:5600:7800 sessions 0' \
		"$tmp/show"
}

example_json() {
	jq -S . >"$tmp/want" <<-EOT
		{
		  "role": "ce", "link": "wan0", "prefix": "240b:12:3456:7800::/64",
		  "rules": [{ "ipv6": "240b:12::/31", "ipv4": "14.8.0.0/15",
		    "ea_len": 25, "psid_offset": 4, "fmr": false }],
		  "br": ["2404:9200:225:100::64"], "iid": "draft03",
		  "hoplimit": 64, "tclass": 0, "mss": "auto",
		  "nat": "auto", "filtering": "address", "reserve": [], "timeouts": {},
		  "sessions_max": 65536, "sessions_per_host": 16384,
		  "ipv4": "14.8.52.86", "ipv4_prefix_len": 32,
		  "psid": 120, "psid_len": 8, "psid_offset": 4, "port_count": 240,
		  "ports": $(jq -nc '[range(1; 16) * 4096 + 1920 | [., . + 15]]'),
		  "ce_ipv6": "240b:12:3456:7800:e:834:5600:7800",
		  "rule": { "ipv6": "240b:12::/31", "ipv4": "14.8.0.0/15",
		    "ea_len": 25, "psid_offset": 4, "fmr": false },
		  "sessions": 0
		}
	EOT
	diff "$tmp/want" <(shown '' | jq -S .)
}

# Makes devices and shows them, all in one process: much faster.
# shellcheck disable=SC2120 # stdin
made() { # < ARGUMENTS, one device a line
	local arguments n=0

	while read -r arguments; do
		echo "link add dev$n type mape $arguments"
		echo "link show dev$n"
		echo "link del dev$((n++))"
	done | ip -n "$net-ce" -j -d -force -batch -
}

# The same form as the table below has.
# shellcheck disable=SC2016 # jq's
derived='.ifname as $n | .linkinfo.info_data | [$n, " ",
	.ipv4, "/", .ipv4_prefix_len, " ", .psid, "/", .psid_len,
	" a=", .psid_offset, " ", .port_count, ": ",
	(.ports | map(join("-")) | if length > 2
		then length, " ", .[0], "..", .[-1] else join(" ") end),
	" ", .ce_ipv6] | map(tostring) | join("")'

show_vectors() {
	local name want arguments n=0

	vectors | cut -d'|' -f3 | made >"$tmp/made" 2>"$tmp/made.err" || :
	jq -r ".[] | $derived" "$tmp/made" >"$tmp/derived" || :
	diagnose <"$tmp/made.err"
	while IFS='|' read -r name want arguments; do
		check "$name" equal "$(sed -n "s/^dev$n //p" "$tmp/derived")" "$want" "$arguments"
		((n += 1))
	done < <(vectors)
}

# NAME | IPV4/LEN PSID/LEN a=OFFSET COUNT: RANGES FIRST..LAST ADDRESS | ARGUMENTS
vectors() {
	cat <<-EOT
		A-08 appendix A, A-02 offset 6|192.0.2.18/32 52/8 a=6 252: 63 1232-1235..64720-64723 2001:db8:12:3400:0:c000:212:34|$d1_prefix rule $d1_rule,16
		A-10 draft 03, A-02 offset 4|192.0.2.18/32 52/8 a=4 240: 15 4928-4943..62272-62287 2001:db8:12:3400:c0:2:1200:3400|$d1_prefix rule $d1_rule,16 iid draft03
		A-02 iid before the rule|192.0.2.18/32 52/8 a=4 240: 15 4928-4943..62272-62287 2001:db8:12:3400:c0:2:1200:3400|iid draft03 rule $d1_rule,16 $d1_prefix
		A-06 EA 0, not shared|192.0.2.18/32 0/0 a=6 65536:  2001:db8:12:3400:0:c000:212:0|$d1_prefix rule $whole_rule
		A-06 EA 0, PSID given|192.0.2.18/32 52/8 a=6 252: 63 1232-1235..64720-64723 2001:db8:12:3400:0:c000:212:34|$d1_prefix rule $whole_rule psid 0x34/8
		A-06 IPv4 prefix|192.0.2.240/28 0/0 a=6 65536:  2001:db8:f0::c000:2f0:0|prefix 2001:db8:f0::/44 br $br1 rule $d1_rule,4
		A-06 full address|192.0.2.18/32 0/0 a=6 65536:  2001:db8:12::c000:212:0|prefix 2001:db8:12::/48 br $br1 rule $d1_rule,8
		A-06 r = 0|192.0.2.18/32 52/8 a=6 252: 63 1232-1235..64720-64723 2400:c000:212:3400:0:c000:212:34|prefix 2400:c000:212:3400::/56 br $br1 rule 2400::/16,0.0.0.0/0,40
		A-06 EA 48, one port|192.0.2.18/32 43981/16 a=0 1: 43981-43981 2400:c000:212:abcd:0:c000:212:abcd|prefix 2400:c000:212:abcd::/64 br $br1 rule 2400::/16,0.0.0.0/0,48,0
		A-06 a + k = 16|192.0.2.18/32 52/8 a=8 255: 255 308-308..65332-65332 2001:db8:12:3400:0:c000:212:34|$d1_prefix rule $d1_rule,16,8
		A-01 a=4, PSID 0|192.0.2.18/32 0/8 a=4 240: 15 4096-4111..61440-61455 2001:db8:12::c000:212:0|prefix 2001:db8:12::/56 br $br1 rule $d1_rule,16,4
		A-01 a=4, PSID 0xff|192.0.2.18/32 255/8 a=4 240: 15 8176-8191..65520-65535 2001:db8:12:ff00:0:c000:212:ff|prefix 2001:db8:12:ff00::/56 br $br1 rule $d1_rule,16,4
		A-01 a=6 k=6|192.0.2.18/32 52/6 a=6 1008: 63 1856-1871..65344-65359 2001:db8:12:d000:0:c000:212:34|prefix 2001:db8:12:d000::/54 br $br1 rule $d1_rule,14
		A-03 a=0, PSID 1|192.0.2.18/32 1/6 a=0 1024: 1024-2047 2001:db8:12:400:0:c000:212:1|prefix 2001:db8:12:400::/54 br $br1 rule $d1_rule,14,0
		A-09 prefix longer than 64|192.0.2.18/32 52/8 a=6 252: 63 1232-1235..64720-64723 2001:db8:12:3400:ab00:c000:212:34|prefix 2001:db8:12:3400:ab00::/72 br $br1 rule 2001:db8:12:3400:ab00::/72,192.0.2.18/32,0 psid 52/8
		A-08 bits behind rule and EA do not matter|192.0.2.18/32 52/8 a=6 252: 63 1232-1235..64720-64723 2001:db8:12:3400:0:c000:212:34|prefix 2001:db8:12:34ab:cdef::/80 br $br1 rule $d1_rule,16
		A-07 the longer of two rules|192.0.2.18/32 52/8 a=6 252: 63 1232-1235..64720-64723 2001:db8:12:3400:0:c000:212:34|$d1_prefix rule 2001:db8::/32,198.51.0.0/16,24,4 rule $d1_rule,16
		A-07 the longer of two rules, given first|192.0.2.18/32 52/8 a=6 252: 63 1232-1235..64720-64723 2001:db8:12:3400:0:c000:212:34|$d1_prefix rule $d1_rule,16 rule 2001:db8::/32,198.51.0.0/16,24,4
		A-07 the shorter one where the longer is not|198.51.18.18/32 52/8 a=4 240: 15 4928-4943..62272-62287 2001:db8:1212:3400:0:c633:1212:34|prefix 2001:db8:1212:3400::/56 br $br1 rule $d1_rule,16 rule 2001:db8::/32,198.51.0.0/16,24,4
		A-07 a forwarding rule counts too|192.0.2.18/32 52/8 a=6 252: 63 1232-1235..64720-64723 2001:db8:12:3400:0:c000:212:34|$d1_prefix fmr $d1_rule,16 rule 2001:db8::/32,198.51.0.0/16,24,4
		local is another address|192.0.2.18/32 52/8 a=6 252: 63 1232-1235..64720-64723 2001:db8:1::2|$d1_prefix rule $d1_rule,16 local 2001:db8:1::2
	EOT
}

# The words that are shown make the same device again.
pasted() { # ARGUMENTS WORDS...
	local words word

	delete
	add "$1"
	dump >"$tmp/before"
	words=$(sed -n 's/^ *mape //p' "$tmp/before")
	delete
	add "$words"
	dump >"$tmp/after"
	diff "$tmp/before" "$tmp/after"
	cat "$tmp/after"
	for word in "${@:2}"; do
		grep -qF -- "$word " <<<"$words "
	done
}

settings() { # JQ-CONDITION [ARGUMENTS]
	made <<<"$d1_prefix rule $d1_rule,16 ${2-}" >"$tmp/made"
	cat "$tmp/made"
	jq -e ".[0] | . + .linkinfo.info_data | $1" "$tmp/made"
}

show_everything() {
	check "the line of the documentation works, and shows what follows" example
	check "ip -j shows the same as data" example_json
	show_vectors
	check "A-16 several border relays, the first is the peer" settings \
		".br == [\"$br1\", \"$br2\", \"2001:db8:ffff::3\"] and .broadcast == \"$br1\"" \
		"br $br2 br 2001:db8:ffff::3"
	check "the underlay" settings '.link == "wan0"' "dev wan0"
	check "no underlay" settings '.link == null' "dev none"
	check "defaults" settings '.hoplimit == 64 and .tclass == 0 and .mss == "auto" and
		.iid == "rfc7597" and .role == "ce" and .explicit_psid == null and .local == null'
	check "hop limit, traffic class and MSS" settings \
		'.hoplimit == 255 and .tclass == 184 and .mss == 1300' \
		"hoplimit 255 tclass 0xb8 mss 1300"
	check "tclass inherit, mss off" settings \
		'.tclass == "inherit" and .mss == "off"' "tclass inherit mss off"
	check "A-02 NAT defaults" settings '.nat == "auto" and .filtering == "address" and
		.reserve == [] and .timeouts == {} and .sessions_max == 65536 and .sessions_per_host == 16384'
	check "filtering, reserves, timeouts and limits" settings \
		'.filtering == "endpoint" and .reserve == [[1232, 1233], [64723, 64723]] and
		.timeouts == {"udp": 600, "quarantine": 0} and .sessions_max == 2048 and .sessions_per_host == 1024' \
		"filtering endpoint reserve 1232-1233 reserve 64723 timeout udp,600 timeout quarantine,0 timeout icmp,60 sessions-max 2048 sessions-per-host 1024"
	check "no NAT for an address that is not shared" settings '.nat == "off" and .port_count == 65536' \
		"nat off rule $whole_rule"
	check "what is shown can be given: all for the NAT" pasted \
		"$d1_prefix rule $d1_rule,16 filtering address-port reserve 1232 reserve 1233-2259 timeout udp,301 timeout dns,5 sessions-max 1024" \
		"filtering address-port" "reserve 1232" "reserve 1233-2259" "timeout udp,301" "timeout dns,5" "sessions-max 1024"
	check "what is shown can be given: most of it" pasted \
		"dev wan0 $d1_prefix br $br2 rule $d1_rule,16,5 fmr 2001:db8:8000::/40,203.0.113.0/24,12 local 2001:db8:1::2 iid draft03 hoplimit 9 tclass 8 mss 1200" \
		"dev wan0" "br $br2" ",16,5" "fmr 2001:db8:8000::/40,203.0.113.0/24,12,4" \
		"local 2001:db8:1::2" "iid draft03" "hoplimit 9" "tclass 8" "mss 1200"
	check "what is shown can be given: the least" pasted "$d1_prefix rule $d1_rule,16" \
		"rule $d1_rule,16,6"
	check "what is shown can be given: a PSID, inherit, off" pasted \
		"dev none $d1_prefix rule $whole_rule psid 0x34/8 tclass inherit mss off" \
		"psid 52/8" "tclass inherit" "mss off"
	delete
}

# --------------------------------------------------------------- bad input

# A reason that has these words, and nothing is left. Without a process that is
# not needed, for there are many of these.
refused() { # WORDS IP-LINK-ARGUMENTS
	local status=0 reason

	# shellcheck disable=SC2086 # words
	ce_link $2 2>"$tmp/err" || status=$?
	reason=$(<"$tmp/err")
	echo "$reason"
	((status))
	[[ $reason == *"$1"* ]]
	refuted devices_left
}

# Is there more than was built here?
devices_left() {
	local line

	while read -r line; do
		case $line in
		# ip6_tunnel, once loaded, puts the second last into each namespace.
		Inter-* | face* | lo:* | ip6tnl0:* | wan0:*) ;;
		*) echo "$line"; return ;;
		esac
	done <"/proc/$resident/net/dev"
	return 1
}

many() { # COUNT, rules
	local n

	for ((n = 0; n < $1; n++)); do
		printf 'rule 2001:db8:%x00::/40,10.%d.0.0/24,16 ' "$n" "$n"
	done
}

# NAME | WORDS | ARGUMENTS. Those with `Error: ` are refused by the module.
bad_input() {
	cat <<-EOT
		EA length 49|EA length of a rule must be 0 to 48|$d1_prefix rule $d1_rule,49
		EA length -1|EA length of a rule must be 0 to 48|$d1_prefix rule $d1_rule,-1
		EA length no number|EA length of a rule must be 0 to 48|$d1_prefix rule $d1_rule,many
		offset 16|PSID offset of a rule must be 0 to 15|$d1_prefix rule $d1_rule,16,16
		a + k > 16|Error: rule: PSID offset and PSID length are more than 16 bits|$d1_prefix rule $d1_rule,16,9
		a + k > 16 by the default offset|Error: rule: PSID offset and PSID length are more than 16 bits|$d1_prefix rule $d1_rule,19
		a + k > 16 of a rule that is not used|Error: rule: PSID offset and PSID length are more than 16 bits|$d1_prefix rule $d1_rule,16 fmr 2001:db9::/40,203.0.113.0/24,16,9
		a + k > 16 with an explicit PSID|Error: psid: PSID offset and PSID length are more than 16 bits|$d1_prefix rule $whole_rule,9 psid 52/8
		PSID over its length|the PSID does not fit into its length|$d1_prefix rule $whole_rule psid 256/8
		PSID without length|must be PSID/LEN|$d1_prefix rule $whole_rule psid 52
		PSID length 17|length of "psid" must be 0 to 16|$d1_prefix rule $whole_rule psid 1/17
		PSID no number|must be a number|$d1_prefix rule $whole_rule psid x/8
		PSID and EA bits|Error: psid: only with a rule of EA length 0|$d1_prefix rule $d1_rule,16 psid 52/8
		PSID and a rule that is not of one address|Error: psid: only with a full IPv4 address (/32)|$d1_prefix rule $d1_rule,0 psid 52/8
		IPv6 rule and EA bits over 128|Error: rule: IPv6 prefix and EA bits are longer than 128 bits|prefix 2001:db8::/128 br $br1 rule 2001:db8::/120,192.0.2.0/24,16
		prefix shorter than rule and EA bits|Error: prefix is shorter than the rule's IPv6 prefix and EA bits|prefix 2001:db8:12:3400::/55 br $br1 rule $d1_rule,16
		prefix shorter than the rule|Error: prefix: not inside any rule's IPv6 prefix|prefix 2001:db8::/39 br $br1 rule $d1_rule,16
		prefix outside the rule|Error: prefix: not inside any rule's IPv6 prefix|$d1_prefix rule 2001:db9::/40,192.0.2.0/24,16
		no prefix|Error: prefix: the end-user IPv6 prefix is required|br $br1 rule $d1_rule,16
		prefix ::/0|Error: prefix: the end-user IPv6 prefix is required|prefix ::/0 br $br1 rule ::/0,192.0.2.18/32,0
		prefix without length|must be an IPv6 prefix with its length|prefix 2001:db8:12:3400:: br $br1 rule $d1_rule,16
		prefix length 129|must be an IPv6 prefix with its length|prefix 2001:db8:12:3400::/129 br $br1 rule $d1_rule,16
		prefix of IPv4|must be an IPv6 prefix with its length|prefix 192.0.2.0/24 br $br1 rule $d1_rule,16
		prefix twice|"prefix" is duplicate|$d1_prefix prefix 2001:db8:12:3500::/56 rule $d1_rule,16
		no rule|Error: rule: at least one mapping rule is required|$d1_prefix
		rule of two parts|a rule must be PREFIX6,PREFIX4,EALEN[,OFFSET]|$d1_prefix rule $d1_rule
		rule of five parts|a rule must be PREFIX6,PREFIX4,EALEN[,OFFSET]|$d1_prefix rule $d1_rule,16,6,1
		rule with IPv6 length 129|a rule must start with an IPv6 prefix|$d1_prefix rule 2001:db8::/129,192.0.2.0/24,16
		rule with IPv4 length 33|the second part of a rule must be an IPv4 prefix|$d1_prefix rule 2001:db8::/40,192.0.2.0/33,16
		rule with bits behind its IPv6 prefix|Error: rule: IPv6 prefix has bits set behind its length|$d1_prefix rule 2001:db8:1::/40,192.0.2.0/24,16
		rule with bits behind its IPv4 prefix|Error: rule: IPv4 prefix has bits set behind its length|$d1_prefix rule 2001:db8::/40,192.0.2.1/24,16
		A-04 two offsets on one address|Error: rules on one IPv4 address differ in PSID offset or length|$d1_prefix rule $d1_rule,16,6 fmr 2001:db9::/40,192.0.2.0/24,16,4
		A-04 two PSID lengths on one address|Error: rules on one IPv4 address differ in PSID offset or length|$d1_prefix rule $d1_rule,16,4 fmr 2001:db9::/40,192.0.0.0/16,20,4
		more rules than ip can send|too many rules|$d1_prefix $(many 40)
		no border relay|Error: br: the border relay's address is required|prefix 2001:db8:12:3400::/56 rule $d1_rule,16
		border relay is the own address|Error: br: is the device's own address|$d1_prefix rule $d1_rule,16 br 2001:db8:12:3400:0:c000:212:34
		border relay is local|Error: br: is the device's own address|$d1_prefix rule $d1_rule,16 local $br1
		border relay multicast|Error: br: not a global unicast address|$d1_prefix rule $d1_rule,16 br ff0e::1
		border relay link-local|Error: br: not a global unicast address|$d1_prefix rule $d1_rule,16 br fe80::1
		border relay ::|Error: br: not a global unicast address|$d1_prefix rule $d1_rule,16 br ::
		border relay ::1|Error: br: not a global unicast address|$d1_prefix rule $d1_rule,16 br ::1
		border relay mapped IPv4|Error: br: not a global unicast address|$d1_prefix rule $d1_rule,16 br ::ffff:192.0.2.1
		border relay IPv4|"br" must be an IPv6 address|$d1_prefix rule $d1_rule,16 br 192.0.2.1
		nine border relays|too many border relays|$d1_prefix rule $d1_rule,16 $(printf 'br 2001:db8::%d ' {1..8})
		local multicast|Error: local: not a global unicast address|$d1_prefix rule $d1_rule,16 local ff02::1
		local no address|"local" must be an IPv6 address|$d1_prefix rule $d1_rule,16 local wan0
		interface that is not|Cannot find device "nosuch"|$d1_prefix rule $d1_rule,16 dev nosuch
		role not known|"role" must be "ce"|$d1_prefix rule $d1_rule,16 role cpe
		layout not known|"iid" must be|$d1_prefix rule $d1_rule,16 iid draft04
		hop limit 0|"hoplimit" must be 1 to 255|$d1_prefix rule $d1_rule,16 hoplimit 0
		hop limit 256|"hoplimit" must be 1 to 255|$d1_prefix rule $d1_rule,16 hoplimit 256
		traffic class 256|"tclass" must be 0 to 255|$d1_prefix rule $d1_rule,16 tclass 256
		traffic class with ECN|the ECN bits of "tclass" must be zero|$d1_prefix rule $d1_rule,16 tclass 3
		MSS 0|"mss" must be|$d1_prefix rule $d1_rule,16 mss 0
		MSS 65535|"mss" must be|$d1_prefix rule $d1_rule,16 mss 65535
		an option that is not|unknown option "encaplimit"|$d1_prefix rule $d1_rule,16 encaplimit 4
		an option of a later version is not ignored|unknown option "fwmark"|$d1_prefix rule $d1_rule,16 fwmark 1
		no NAT for a shared address|Error: nat: a shared IPv4 address needs it|$d1_prefix rule $d1_rule,16 nat off
		filtering not known|"filtering" must be|$d1_prefix rule $d1_rule,16 filtering cone
		reserve of nobody's port|Error: reserve: no such port in the device's port set|$d1_prefix rule $d1_rule,16 reserve 80-90
		sessions-max too low|Error: limits of sessions must be 1024 to 1048576|$d1_prefix rule $d1_rule,16 sessions-max 1023
		sessions-max too high|Error: limits of sessions must be 1024 to 1048576|$d1_prefix rule $d1_rule,16 sessions-max 1048577
		sessions-per-host too low|Error: limits of sessions must be 1024 to 1048576|$d1_prefix rule $d1_rule,16 sessions-per-host 0
		a timeout below its floor|Error: timeout: udp must be at least 120 seconds|$d1_prefix rule $d1_rule,16 timeout udp,119
		a timeout of a year|Error: timeout: must be at most 604800 seconds|$d1_prefix rule $d1_rule,16 timeout udp,31536000
		an option without value|Command line is not complete|$d1_prefix rule $d1_rule,16 hoplimit
		nothing at all|Error: prefix|
	EOT
}

refuse_bad_input() {
	local name words arguments

	delete
	# To see the namespace through. Not ce(), whose process is outside of it.
	ip netns exec "$net-ce" sleep infinity &
	resident=$!
	wait_for 10 grep -q wan0 "/proc/$resident/net/dev"
	refuted devices_left >"$tmp/left" || bail "there is $(<"$tmp/left")"
	while IFS='|' read -r name words arguments; do
		check "A-05 refused: $name" refused "$words" "add v6plus type mape $arguments"
	done < <(bad_input)
	check "A-05 refused: the MTU is too small" refused "mtu" \
		"add v6plus mtu 67 type mape $d1_prefix rule $d1_rule,16"
	kill "$resident"
	wait "$resident" || :
}

# What ip never sends: each case prints its name and what is wrong, if any.
raw_netlink() {
	ce python3 - <<-'EOT'
		import os, socket, struct

		NESTED = 0x8000
		(LINK, ROLE, PREFIX, RULES, BRS, LOCAL, PSID, IID, HOPLIMIT, TCLASS, INHERIT, MSS, NAT, FILTERING,
		 RESERVES, TIMEOUTS, SESSIONS_MAX, PER_HOST) = range(1, 19)
		EINVAL, EPERM, ERANGE, EOPNOTSUPP, ENODEV = 22, 1, 34, 95, 19

		def attr(kind, data):
		    head = struct.pack("=HH", 4 + len(data), kind)
		    return head + data + bytes(-len(data) % 4)

		def ip6(text):
		    return socket.inet_pton(socket.AF_INET6, text)

		def rule(number=0x12, flags=0, v6=48, v4=32, ea=0, offset=6):
		    return (ip6("2001:db8:%x::" % number) + bytes([192, 0, 2 + number // 256, number % 256]) +
		            struct.pack("=IBBBB", flags, v6, v4, ea, offset))

		def rules(*them):
		    return attr(RULES | NESTED, b"".join(attr(1, r) for r in them))

		def brs(*them):
		    return attr(BRS | NESTED, b"".join(attr(2, b) for b in them))

		prefix = attr(PREFIX, ip6("2001:db8:12::") + bytes([48, 0, 0, 0]))
		one_rule = rules(rule())
		one_br = brs(ip6("2001:db8:ffff::1"))
		good = prefix + one_rule + one_br

		def request(data, kind=16, flags=0x600, name=b"v6plus\0"):
		    body = struct.pack("=BxHiII", 0, 0, 0, 0, 0) + attr(3, name)
		    if data is not None:
		        body += attr(18 | NESTED, attr(1, b"mape") + attr(2 | NESTED, data))
		    nl.send(struct.pack("=IHHII", 16 + len(body), kind, 0x5 | flags, 1, 0) + body)
		    answer = nl.recv(65536)
		    error, = struct.unpack_from("=i", answer, 16)
		    text, at = "", 36
		    while error and at + 4 <= len(answer):
		        size, what = struct.unpack_from("=HH", answer, at)
		        if what == 1:
		            text = answer[at + 4:at + size - 1].decode()
		        at += (size + 3) & ~3
		    return -error, text

		def case(name, data, *want, words=""):
		    error, text = request(data)
		    if error == 0:
		        request(None, 17, 0)
		    if error not in (want or (0,)):
		        name += "|error %d, not %s" % (error, want or 0)
		    elif words not in text or error and not text:
		        name += "|it says '%s', not '%s'" % (text, words)
		    print(name, flush=True)

		nl = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
		nl.setsockopt(270, 10, 1)
		nl.setsockopt(270, 11, 1)
		case("accepted: what the other cases are made of", good)
		for kind in 31, 40, 50:
		    case("refused: attribute %d, not known yet" % kind, good + attr(kind, bytes(4)), EINVAL, EOPNOTSUPP)
		for kind, size in (19, 16), (20, 4), (21, 1), (22, 4), (23, 1), (24, 16), (25, 28), (26, 4):
		    case("refused: attribute %d, read only" % kind, good + attr(kind, bytes(size)), EINVAL,
		         words="attribute is read only")
		for name, kind, size in (("prefix", PREFIX, 20), ("local", LOCAL, 16), ("psid", PSID, 4)):
		    for wrong in 0, size - 1, size + 1:
		        case("refused: %s of %d bytes" % (name, wrong), good + attr(kind, bytes(wrong)), EINVAL, ERANGE)
		for name, kind, size in (("link", LINK, 4), ("role", ROLE, 1), ("iid", IID, 1), ("hoplimit", HOPLIMIT, 1),
		                         ("tclass", TCLASS, 1), ("inherit", INHERIT, 1), ("mss", MSS, 2), ("nat", NAT, 1),
		                         ("filtering", FILTERING, 1), ("sessions-max", SESSIONS_MAX, 4),
		                         ("sessions-per-host", PER_HOST, 4)):
		    case("refused: %s of %d bytes" % (name, size + 2), good + attr(kind, b"\4" * (size + 2)), EINVAL, ERANGE)
		    case("refused: %s of no bytes" % name, good + attr(kind, b""), EINVAL, ERANGE)
		for wrong in 0, 27, 29:
		    case("refused: a rule of %d bytes" % wrong, prefix + one_br + rules((rule() + b"\0")[:wrong]), EINVAL, ERANGE)
		for wrong in 0, 4, 17:
		    case("refused: a relay of %d bytes" % wrong, prefix + one_rule + brs(bytes([32] * wrong)), EINVAL, ERANGE)
		case("refused: a list that is not marked as nested", prefix + one_br + attr(RULES, attr(1, rule())), EINVAL)
		case("refused: an empty list of rules", prefix + one_br + rules(), EINVAL, words="rule")
		case("refused: an empty list of relays", prefix + one_rule + brs(), EINVAL, words="br")
		case("refused: a relay among the rules", prefix + one_br + attr(RULES | NESTED, attr(1, rule()) +
		     attr(2, ip6("2001:db8::1"))), EINVAL, words="another list")
		case("refused: a rule among the relays", prefix + one_rule + attr(BRS | NESTED, attr(1, rule())), EINVAL,
		     words="another list")
		case("refused: an unknown entry of a list", prefix + one_br + attr(RULES | NESTED, attr(1, rule()) +
		     attr(3, bytes(4))), EINVAL)
		case("refused: rubbish behind a list's last entry", prefix + one_br + attr(RULES | NESTED, attr(1, rule()) +
		     b"\1\0\1\0"), EINVAL)
		for name, bad in (("an unknown flag", dict(flags=2)), ("IPv6 length 129", dict(v6=129)),
		                  ("IPv4 length 33", dict(v4=33)), ("EA length 49", dict(ea=49)), ("offset 16", dict(offset=16)),
		                  ("all lengths 255", dict(v6=255, v4=255, ea=255, offset=255))):
		    case("refused: a rule with %s" % name, prefix + one_br + rules(rule(**bad)), EINVAL, words="rule")
		case("refused: prefix length 129", one_rule + one_br + attr(PREFIX, ip6("2001:db8:12::") + bytes([129, 0, 0, 0])),
		     EINVAL, words="prefix")
		case("refused: rubbish in the prefix's padding", one_rule + one_br +
		     attr(PREFIX, ip6("2001:db8:12::") + bytes([48, 0, 0, 1])), EINVAL, words="prefix")
		case("refused: PSID over its length", good + attr(PSID, struct.pack("=HBx", 256, 8)), EINVAL, words="psid")
		case("refused: PSID length 17", good + attr(PSID, struct.pack("=HBx", 1, 17)), EINVAL, words="psid")
		case("refused: PSID length 255", good + attr(PSID, struct.pack("=HBx", 1, 255)), EINVAL, words="psid")
		case("refused: a PSID without length", good + attr(PSID, struct.pack("=HBx", 5, 0)), EINVAL, words="psid")
		case("refused: rubbish in the PSID's padding", good + attr(PSID, struct.pack("=HBB", 5, 8, 1)), EINVAL, words="psid")
		case("accepted: PSID length 0, none", good + attr(PSID, bytes(4)))
		case("refused: role 1", good + attr(ROLE, b"\1"), EINVAL, ERANGE)
		case("refused: layout 2", good + attr(IID, b"\2"), EINVAL, ERANGE)
		case("refused: hop limit 0", good + attr(HOPLIMIT, b"\0"), EINVAL, ERANGE)
		case("refused: ECN in the traffic class", good + attr(TCLASS, b"\1"), EINVAL, ERANGE)
		case("refused: inherit 2", good + attr(INHERIT, b"\2"), EINVAL, ERANGE)
		case("refused: NAT mode 2", good + attr(NAT, b"\2"), EINVAL, ERANGE)
		case("refused: filtering 3", good + attr(FILTERING, b"\3"), EINVAL, ERANGE)
		whole = prefix + one_br + rules(rule())
		for name, first, last in ("from 0", 0, 5), ("from high to low", 9, 8):
		    case("refused: reserve %s" % name, whole + attr(RESERVES | NESTED, attr(3, struct.pack("=HH", first, last))),
		         EINVAL, words="reserve")
		for wrong in 0, 3, 5:
		    case("refused: a reserve of %d bytes" % wrong, whole + attr(RESERVES | NESTED, attr(3, bytes([9] * wrong))),
		         EINVAL, ERANGE)
		case("accepted: 16 reserves", whole + attr(RESERVES | NESTED, 16 * attr(3, struct.pack("=HH", 9, 9))))
		case("refused: 17 reserves", whole + attr(RESERVES | NESTED, 17 * attr(3, struct.pack("=HH", 9, 9))), EINVAL,
		     words="too many")
		case("accepted: no reserves", whole + attr(RESERVES | NESTED, b""))
		for kind in 0, 17, 99:
		    case("refused: timeout %d" % kind, whole + attr(TIMEOUTS | NESTED, attr(kind, struct.pack("=I", 7440))),
		         EINVAL, words="timeout")
		case("refused: a timeout of 2 bytes", whole + attr(TIMEOUTS | NESTED, attr(1, b"\1\1")), EINVAL, words="timeout")
		case("accepted: a default timeout", whole + attr(TIMEOUTS | NESTED, attr(1, struct.pack("=I", 0xffffffff))))
		case("refused: no default of timeout 0", whole + attr(TIMEOUTS | NESTED, attr(0, struct.pack("=I", 0xffffffff))),
		     EINVAL, words="timeout")
		case("refused: an interface that is not", good + attr(LINK, struct.pack("=I", 12345)), ENODEV, words="interface")
		case("refused: interface -1", good + attr(LINK, struct.pack("=i", -1)), ENODEV, EINVAL, words="interface")
		case("accepted: 8 relays", prefix + one_rule + brs(*[ip6("2001:db8::%d" % n) for n in range(1, 9)]))
		case("refused: 9 relays", prefix + one_rule + brs(*[ip6("2001:db8::%d" % n) for n in range(1, 10)]), EINVAL,
		     words="too many")
		case("refused: 257 rules", prefix + one_br + rules(*[rule(n) for n in range(257)]), EINVAL, words="too many")
		case("refused: the 256th rule is wrong", prefix + one_br + rules(*[rule(n, ea=49 * (n == 255)) for n in range(256)]),
		     EINVAL, words="EA length")
		case("refused: nothing inside", b"", EINVAL, words="required")
		# The last one stays.
		print("accepted: 256 rules", *request(prefix + one_br + rules(*[rule(n) for n in range(256)]))[1:])
	EOT
}

many_rules() {
	shown ' | .rules | length' | grep -qx 256
	equal "$(shown ' | .rules[255].ipv6, .rules[0].ipv6, .rule.ipv6' | xargs)" \
		"2001:db8:ff::/48 2001:db8::/48 2001:db8:12::/48"
	# As text as well, and among all devices.
	equal "$(dump | grep -o 'rule ' | wc -l)" 257
	ip -n "$net-ce" -j -d link show | jq -e 'any(.ifname == "v6plus")'
}

raw_input() {
	local name problem

	delete
	raw_netlink >"$tmp/raw" 2>"$tmp/raw.err" || bail "$(tail -n 1 "$tmp/raw.err")"
	while IFS='|' read -r name problem; do
		check "A-05 netlink, $name" equal "$problem" ""
	done <"$tmp/raw"
	check "256 rules are shown" many_rules
	delete
}

# ----------------------------------------------------------------- changes

# A connection that says what it is told.
connect() {
	s socat TCP-LISTEN:7,fork,reuseaddr EXEC:cat &
	await_listener s tcp 7
	mkfifo "$tmp/say"
	h1 nc 198.51.100.1 7 <"$tmp/say" >"$tmp/heard" &
	exec {say}>"$tmp/say"
}

repeats() { # WORDS
	echo "$*" >&"$say"
	wait_for 10 grep -qxF "$*" "$tmp/heard"
}

set_line() { # ARGUMENT...
	ce_link set v6plus type mape "$@"
}

# What was not named is as it was, the number of sessions too, and the
# connection goes on. In one process, as above.
changed() { # JQ-PATHS JQ-CONDITION ARGUMENT...
	ip -n "$net-ce" -j -d -batch - >"$tmp/change" <<-EOT
		link show v6plus
		link set v6plus type mape ${*:3}
		link show v6plus
	EOT
	cat "$tmp/change"
	jq -se 'map(.[0].linkinfo.info_data) | (.[1] | '"$2"') and .[1].sessions > 0 and
		(.[0] | del('"$1"')) == (.[1] | del('"$1"'))' "$tmp/change"
	repeats "${@:3}"
}

outer_packet() { # WORDS COMMAND...
	capture_start r6 ce "$tmp/outer.pcap" ip6 proto 4
	"${@:2}"
	capture_stop "$tmp/outer.pcap"
	tcpdump -nvr "$tmp/outer.pcap" src "$ce6" | tee /dev/stderr | grep -q "$1"
}

# Sent to the first, taken from both: the other one is where answers come from.
second_relay() {
	outer_packet "$ce6 > $br2:" repeats "by way of the second relay"
	tcpdump -nr "$tmp/outer.pcap" | tee /dev/stderr | grep -q "$br1 > $ce6:"
}

not_changed() { # WORDS ARGUMENT...
	refuted ip -n "$net-ce" -d -force -batch - >"$tmp/change" 2>"$tmp/err" <<-EOT
		link show v6plus
		link set v6plus type mape ${*:2}
		link show v6plus
	EOT
	cat "$tmp/err" "$tmp/change"
	grep -qF -- "$1" "$tmp/err"
	awk '{ line[NR] = $0 }
		END {
			for (i = 1; i <= NR / 2; i++)
				if (line[i] != line[i + NR / 2])
					exit 1
			exit !NR || NR % 2
		}' "$tmp/change"
	repeats "after $*"
}

# Two at a time may not have one address.
duplicate() {
	local status=0

	# shellcheck disable=SC2046 # words
	ce_link add second type mape $(line_arguments) 2>"$tmp/err" || status=$?
	cat "$tmp/err"
	equal "$status" 2 status
	grep -q 'another mape device has this tunnel address' "$tmp/err"
	refuted ce_link show second
	add "$(line_arguments) local 2001:db8:1::2" second
	status=0
	ce_link set second type mape local :: 2>"$tmp/err" || status=$?
	cat "$tmp/err"
	equal "$status" 2 status
	grep -q 'another mape device has this tunnel address' "$tmp/err"
	# By the other's own change as well; once that is gone it is free.
	status=0
	set_line local 2001:db8:1::2 || status=$?
	equal "$status" 2 status
	ce_link del second
	set_line local 2001:db8:1::2
	set_line local ::
	repeats "two of them"
}

nobody() { # COMMAND...
	ce setpriv --reuid 65534 --clear-groups --inh-caps=-all "$@"
}

unprivileged() {
	local command status

	dump >"$tmp/before"
	for command in "add other type mape prefix 2001:db8:77:3400::/56 rule $rule br $br1" \
		"set v6plus type mape hoplimit 9" "del v6plus"; do
		status=0
		# shellcheck disable=SC2086 # words
		nobody ip link $command 2>"$tmp/err" || status=$?
		cat "$tmp/err"
		equal "$status" 2 "status of $command"
		grep -q 'Operation not permitted' "$tmp/err"
	done
	refuted ce_link show other
	dump >"$tmp/after"
	diff "$tmp/before" "$tmp/after"
}

# Sent all the time: after the first packet of the new line none of the old one.
at_once() { # COMMAND...
	capture_start r6 ce "$tmp/flow.pcap" ip6 proto 4 and src net 2001:db8::/40
	h1 ping -nq -i 0.02 -c 50 -W 1 198.51.100.1 &
	sleep 0.5
	"$@"
	wait $! || :
	capture_stop "$tmp/flow.pcap"
	tcpdump -nr "$tmp/flow.pcap" | sed -E 's/.* IP6 ([0-9a-f:]+) > .*/\1/' | uniq -c |
		tee "$tmp/sources"
}

other_prefix() { # PREFIX ADDRESS IPV4 PSID
	local packets sent

	packets=$(ip -n "$net-ce" -j -s link show v6plus | jq '.[0].stats64.tx.packets')
	at_once set_line prefix "$1"
	equal "$(awk '{ printf "%s ", $2 }' "$tmp/sources")" "$ce6 $2 " "sources, in time"
	equal "$(shown ' | "\(.ce_ipv6) \(.ipv4) \(.psid)"')" "$2 $3 $4" "what is shown"
	# The rest of the ping is the one session.
	equal "$(shown .sessions)" 1 sessions
	# A-18: counters are kept.
	sent=$(ip -n "$net-ce" -j -s link show v6plus | jq '.[0].stats64.tx.packets')
	((sent >= packets + 50))
	python3 "$test_dir/wire.py" "$tmp/flow.pcap" "$2" "$br6" "$3" \
		"$psid_offset,$psid_len,$4" | tee "$tmp/wire.json"
	jq -e '.wrong == 0 and .sent.icmp > 10 and .ports.icmp == 1' "$tmp/wire.json"
	ip -n "$net-r6" route replace "$1" via fe80::2 dev ce
	ip -n "$net-ce" address add "$2/128" dev wan0 preferred_lft 0
	ip_in br <<-EOT
		link set tun type ip6tnl remote $2
		route replace $3 dev tun
	EOT
	h1 ping -nq -c 1 -W 5 198.51.100.1
}

change_everything() {
	local name words arguments

	connect
	repeats hello || bail "no connection"
	check "hop limit changed, connection goes on" changed .hoplimit '.hoplimit == 33' \
		hoplimit 33
	check "hop limit on the wire" outer_packet 'hlim 33' repeats "hop limit 33"
	check "traffic class changed, connection goes on" changed .tclass '.tclass == 32' \
		tclass 0x20
	check "traffic class on the wire" outer_packet 'class 0x20' repeats "class 32"
	check "tclass inherit" changed .tclass '.tclass == "inherit"' tclass inherit
	check "tclass ends inherit" changed .tclass '.tclass == 0' tclass 0
	check "MSS changed, connection goes on" changed .mss '.mss == 1000' mss 1000
	check "MSS back to auto" changed .mss '.mss == "auto"' mss auto
	check "filtering, connection goes on" changed .filtering '.filtering == "endpoint"' filtering endpoint
	check "a timeout, connection goes on" changed .timeouts '.timeouts == {"ntp": 40}' timeout ntp,40
	check "and its default" changed .timeouts '.timeouts == {}' timeout ntp,default
	check "reserved ports" changed .reserve '.reserve == [[62287, 62287]]' reserve 62287
	check "none reserved" changed .reserve '.reserve == []' reserve none
	check "more sessions" changed .sessions_max '.sessions_max == 70000' sessions-max 70000
	check "no underlay, connection goes on" changed .link '.link == null' dev none
	check "the underlay again" changed .link '.link == "wan0"' dev wan0
	check "another rule more, connection goes on" changed .rules '.rules | length == 2' \
		rule "$rule,4" fmr 2001:db8:8000::/40,203.0.113.0/24,12,4
	check "and gone again" changed .rules '.rules | length == 1' rule "$rule,4"
	check "role named again" changed .role '.role == "ce"' role ce
	check "A-16 a second relay, connection goes on" changed .br \
		".br == [\"$br2\", \"$br1\"]" br $br2 br $br1
	check "A-16 sent to the first, taken from the second" second_relay
	check "one relay again" changed .br ".br == [\"$br1\"]" br $br1
	check "nothing changed" changed .role true
	while IFS='|' read -r name words arguments; do
		# shellcheck disable=SC2086 # words
		check "A-05 change refused: $name" not_changed "$words" $arguments
	done <<-EOT
		not inside the rule|Error: prefix: not inside any rule|hoplimit 7 prefix 2001:db9::/56
		a + k > 16|Error: rule: PSID offset and PSID length are more|mss 1111 rule $d1_rule,16,9
		a timeout too short, behind a good one|Error: timeout: ntp must be|timeout udp,500 timeout ntp,1
		ports nobody has|Error: reserve: no such port|filtering endpoint reserve 1-5
		a rule the prefix is not in|Error: prefix: not inside any rule|rule 2001:db9::/40,192.0.2.0/24,16,4
		border relay is the own address|Error: br: is the device's own address|tclass 4 br $ce6
		own address is the border relay|Error: br: is the device's own address|local $br1
		own address is the border relay, by layout|Error: br: is the device's own address|iid rfc7597 br 2001:db8:12:3400:0:c000:212:34
		psid with EA bits|Error: psid: only with|psid 1/8
		its own underlay|Error: dev: a device cannot be its own underlay|dev v6plus
		border relay multicast|Error: br: not a global|br ff02::1
	EOT
	check "an address that another device has" duplicate
	check "without privilege" unprivileged
	exec {say}>&-
	set_line hoplimit 64
	check "A-18 another PSID: no old packet any more, sessions gone" other_prefix \
		2001:db8:12:5600::/56 2001:db8:12:5600:c0:2:1200:5600 192.0.2.18 86
	ce6=2001:db8:12:5600:c0:2:1200:5600
	check "A-18 another IPv4 address likewise" other_prefix \
		2001:db8:13:5600::/56 2001:db8:13:5600:c0:2:1300:5600 192.0.2.19 86
}

# -------------------------------------------------------------- namespaces

# A box for the device; the underlay stays in ce.
inner_box() {
	ip netns del "$net-in" 2>/dev/null || :
	boxes in
}

in_box() { # COMMAND...
	ip netns exec "$net-in" "$@"
}

# Traffic of the box itself, through the device there.
box_reaches() {
	ip_in in <<-EOT
		address replace 192.168.9.1/32 dev lo
		link set v6plus up
		route replace default dev v6plus src 192.168.9.1
	EOT
	in_box ping -nq -c 2 -W 5 198.51.100.1
}

shows_namespace() { # its name, or just its number
	ip -n "$net-in" -d link show v6plus
	# An ip that has no name for it says a number.
	ip -n "$net-in" -j link show v6plus |
		jq -e '.[0] | has("link_netns") or has("link_netnsid")'
}

moved() {
	line_up
	inner_box
	ce_link set v6plus netns "$net-in"
	refuted ce_link show v6plus
	box_reaches
	shows_namespace
	# Back home there is nothing that tells of it any more.
	equal "$(ip -n "$net-in" -j link show v6plus | jq '.[0].link_index')" \
		"$(ce_link show wan0 | sed -n '1s/:.*//p')" "underlay"
}

# The address of the tunnel is in use, wherever the device is.
taken() {
	line_add 2>"$tmp/err" && return 1
	cat "$tmp/err"
	grep -q 'another mape device has this tunnel address' "$tmp/err"
}

changed_from_afar() {
	ip -n "$net-in" link set v6plus type mape hoplimit 99
	box_reaches
	ip -n "$net-in" -j -d link show v6plus |
		jq -e '.[0].linkinfo.info_data | .hoplimit == 99 and .sessions > 0'
}

moved_back() {
	ip -n "$net-in" link set v6plus netns "$net-ce"
	ip_in ce <<-EOT
		link set v6plus up
		route add default dev v6plus
	EOT
	h1 ping -nq -c 1 -W 5 198.51.100.1
	ip -n "$net-ce" -j link show v6plus |
		jq -e '.[0] | (has("link_netns") or has("link_netnsid")) | not'
}

# Made in ce, put into the other one at once.
made_there() {
	delete
	inner_box
	# shellcheck disable=SC2046 # words
	ce_link add v6plus netns "$net-in" type mape dev wan0 $(line_arguments)
	refuted ce_link show v6plus
	box_reaches
	shows_namespace
}

# Made there, with ce named as where the underlay is.
made_with_link_netns() {
	ip -n "$net-in" link del v6plus
	# shellcheck disable=SC2046 # words
	ip -n "$net-in" link add v6plus link-netns "$net-ce" type mape dev none $(line_arguments)
	box_reaches
	shows_namespace
}

has_left() { # PID
	[[ $(readlink "/proc/$1/ns/net") != "$(readlink /proc/self/ns/net)" ]]
}

# Whoever has but the device's namespace does not change the tunnel in another.
foreign_owner() {
	local status=0 pid

	ip -n "$net-in" link del v6plus
	unshare --user --map-root-user --net sleep infinity &
	pid=$!
	wait_for 10 has_left "$pid"
	line_add
	ce_link set v6plus netns "$pid"
	nsenter --user --net --target "$pid" ip link set v6plus up
	nsenter --user --net --target "$pid" ip link set v6plus type mape hoplimit 9 \
		2>"$tmp/err" || status=$?
	cat "$tmp/err"
	kill "$pid"
	equal "$status" 2 status
	grep -q 'Operation not permitted' "$tmp/err"
}

# With its namespace goes the device, and the underlay is free for the next.
box_gone() {
	delete
	ip netns list | grep -q "$net-in" || boxes in
	ip -n "$net-in" link del v6plus 2>/dev/null || :
	wait_for 20 line_add
	ce_link set v6plus netns "$net-in"
	box_reaches
	ip netns del "$net-in"
	# That takes the kernel a moment.
	wait_for 20 line_up
	h1 ping -nq -c 1 -W 5 198.51.100.1
}

underlay_gone() {
	delete
	inner_box
	line_add
	ce_link set v6plus netns "$net-in"
	box_reaches
	ip netns del "$net-ce"
	wait_for 20 refuted ip -n "$net-in" link show v6plus
	equal "$(ip -n "$net-in" link show type mape)" "" "devices left"
}

namespaces() {
	delete
	check "the device moves, its underlay stays" moved
	check "its address is taken where the underlay is" taken
	check "it is changed where it is" changed_from_afar
	check "it moves back" moved_back
	check "made for another namespace" made_there
	check "made with link-netns" made_with_link_netns
	check "changed only with privilege where the underlay is" foreign_owner
	check "the device goes with its namespace, the underlay is free" box_gone
	check "the device goes with its underlay's namespace" underlay_gone
}

# ------------------------------------------------------------------ module

loaded_by_ip() {
	example
	[[ -d /sys/module/mape ]]
	delete
}

boxes ce r6
cable ce wan0 r6 ce
show_everything
refuse_bad_input
raw_input
# Removing the module removes devices, so not those of somebody else.
if [[ ! $(ip link show type mape) ]] && rmmod mape 2>/dev/null; then
	check "ip loads the module" loaded_by_ip
else
	skip "ip loads the module" "it is in use, or built in"
fi

demolish
topology D2
ip -n "$net-r6" route add $br2/128 via fe80::3 dev wan0
ip_in br <<-EOT
	address add $br2/128 dev wan0
	link add tun2 type ip6tnl mode ipip6 local $br2 remote $ce6 encaplimit none
	link set tun2 up
EOT
line_up
change_everything
demolish
topology D2
namespaces
done_testing
