#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ICMP errors through the NAT: whoever sent a packet gets its own packet back,
# no error changes a session, and what is not to be passed is dropped.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require nft traceroute ss
# The rule forwards: so there are other customers, whose errors are checked.
# shellcheck disable=SC2034 # for line_arguments
rule_kind=fmr

second=/sys/module/mape/parameters/second

# Without a session, or a refusal, of the check before.
line_anew() {
	ip -n "$net-ce" link del v6plus 2>/dev/null || :
	line_up
}

# The kernels' own limits of errors are not what is tested.
no_kernel_limits() {
	local box

	for box in ce h2 br s; do
		"$box" sysctl -qw net.ipv4.icmp_ratemask=0
	done
}

check_dropped() { # NAME COUNTERS FUNCTION
	check "$1" counts "$2" ask "$3"
}

# Another line beside the first one, which carries what goes to one server.
second_line() {
	ip_in ce <<-EOT
		link add second type mape dev wan0 prefix 2001:db8:55:100::/56 rule $rule br $br6 iid $iid
		link set second up
		route add 198.51.100.20/32 dev second
	EOT
}

limit_of_each() {
	second_line
	ask "limit_of_each('198.51.100.20')"
	ip -n "$net-ce" link del second
}

# The hops as h2 sees them: the home router, the relay and the server.
traced() { # [TRACEROUTE-ARG...]
	h2 traceroute -n -N 1 -q 1 -w 10 -m 6 "$@" 198.51.100.1 >"$tmp/trace"
	cat "$tmp/trace"
	equal "$(awk 'NR > 1 { printf "%s ", $2 }' "$tmp/trace")" "192.168.1.1 198.51.100.254 198.51.100.1 " hops
}

# Refused by a firewall of the server's, with an ICMP error.
connect_refused() {
	refuted h2 nc -z -w 10 198.51.100.1 7443 2>"$tmp/nc"
	cat "$tmp/nc"
	# nc would say nothing if it had just given up.
	refuted h2 nc -v -n -z -w 10 198.51.100.1 7443 2>"$tmp/nc"
	grep -q refused "$tmp/nc"
}

# The device lets it come to itself.
error_too_big() {
	ip -n "$net-ce" link set v6plus mtu 1500
	counts tx_too_big=1 ask "error_too_big()"
	ip -n "$net-ce" link set v6plus mtu 1460
	counts "" ask "error_too_big()"
}

not_refreshed() {
	line_anew
	ask "not_refreshed()"
}

topology D2
ip -n "$net-r6" route add blackhole "$ce2_prefix"
no_kernel_limits
deafen_to_crafted
# An unfinished checksum would be quoted as it is.
s ethtool -K eth0 tx off >"$tmp/ethtool"
s nft -f - <<-EOT
	table ip server {
		chain in {
			type filter hook input priority 0;
			tcp dport 7443 reject with icmp type port-unreachable
		}
	}
EOT
line_anew
partner_start python3 "$test_dir/errors.py" "$net" "$ce4" "$psid_offset,$psid_len,$psid"
theirs=$(port_of "$ce2_psid" 2)
other=$(port_of $((ce2_psid + 1)) 2)

check "D-11 refusals: 50 at once, but not all are told" counts port_exhausted=200 ask "refusals()"
check "D-11 another device has a limit of its own" limit_of_each
line_anew
for proto in udp tcp icmp; do
	check "D-07 errors from outside about $proto: h1 gets its own packet" \
		counts "" ask "all_from_outside('$proto')"
	check "D-08 errors from inside about $proto: s gets its own packet" \
		counts "" ask "all_from_inside('$proto')"
	check_dropped "D-07 an error from outside about no session, $proto" rx_no_session=1 "no_session('$proto')"
	check_dropped "D-08 an error from inside about no session, $proto" tx_no_session=1 "no_session_inside('$proto')"
done
check_dropped "D-07 an error about a port of another customer" rx_bad_port=1 "bad_port()"
check "D-13 an error passes whoever on the path sends it" counts "" ask "any_source()"
check "D-08 h2 closes a UDP port: s's socket is told" counts "" ask "closed_port('192.168.1.3')"
check "D-07 G-11 s refuses a connection: h2's socket is told" counts "" connect_refused

check_dropped "D-06 bad checksum" rx_malformed=3 "bad_checksum()"
check_dropped "D-06 bad checksum of the quoted header" rx_malformed=3 "bad_quoted_checksum()"
check_dropped "D-06 bad checksums, from inside" tx_malformed=2 "bad_checksums_inside()"
check_dropped "D-06 too little is quoted" rx_malformed=7 "cut_short()"
check "D-06 40 octets of options in the quoted header" counts "" ask "quoted_options()"
check "D-06 an MPLS label stack behind the quoted packet stays" counts "" ask "extension()"
check "D-06 the quoted transport checksum is not verified" counts "" ask "quoted_transport_wrong()"
check "D-06 UDP without checksum in the quoted packet" counts "" ask "quoted_unsummed()"

check "D-09 G-11 flows go on after each error" counts "" ask "live_flows()"
if [[ -e $second ]]; then
	# 60 s, 120 s and 240 s are over in 5 s.
	echo 5 >$second
	check "D-09 no error puts off the end of a session" not_refreshed
	echo 250 >$second
	line_anew
else
	skip "D-09 no error puts off the end of a session" "time is real"
fi

check_dropped "D-12 source quench, redirect, timestamp and others, from outside" rx_icmp=13 "not_passed_in()"
check_dropped "D-12 source quench, redirect, timestamp and others, from inside" tx_icmp=14 "not_passed_out()"
check "D-12 no error for an error that is too big" error_too_big
check_dropped "D-12 no error for an error whose TTL ends" "" "error_expires()"
check_dropped "D-12 no error for a later fragment" 'tx_(fragment|no_port)=1' "later_fragment()"
check_dropped "D-12 no error for multicast and broadcast" tx_multicast=2 "multicast()"

check "B-03 the TTL is less by one for each hop" counts "" ask "ttl_of_hops()"
check "B-03 TTL 1 from h1 ends at the LAN, nothing leaves" counts "" ask "ttl_from_h1()"
check "B-03 TTL 1 in the tunnel: s is told by the shared address" counts "" ask "ttl_from_s()"
check "B-03 D-07 traceroute by UDP shows the hops" counts "" traced
check "B-03 D-07 traceroute by ICMP shows the hops" counts "" traced -I
check "B-03 D-07 traceroute by TCP shows the hops" counts "" traced -T -p 7999

check "C-05 a customer's error about a packet to it passes" \
	counts "" ask "customer_genuine('$ce6', '$ce2_6', $theirs)"
check_dropped "C-05 a customer's error about packets to others" rx_spoofed=10 \
	"customer_forged('$ce6', '$ce2_6', $theirs, $other)"
check_dropped "C-02 an error of no customer" rx_bad_v6_src=1 "to_ourselves('$ce6', '$ce2_6', $theirs)"
check "S-15 no private address has left, not in a quote either" ask "no_leaks()"
partner_stop
done_testing
