#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Sizes: the device's MTU follows the WAN's, who sends too much is told, and
# TCP is told beforehand.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require tcpdump ping ss socat

mtu_is() { # MTU
	[[ $(ip -n "$net-ce" -j link show v6plus | jq '.[0].mtu') == "$1" ]]
}

mtu_follows() {
	mtu_is 1460
	ip -n "$net-ce" link set wan0 mtu 1400
	wait_for 2 mtu_is 1360
	ip -n "$net-ce" link set wan0 mtu 9000
	wait_for 2 mtu_is 8960
	ip -n "$net-ce" link set wan0 mtu 1500
	wait_for 2 mtu_is 1460
	# With no underlay there is nobody to follow.
	ip -n "$net-ce" link add other type mape prefix 2001:db8:77:7700::/56 \
		rule "$rule" br "$br6"
	equal "$(ip -n "$net-ce" -j link show other | jq '.[0].mtu')" 1460
	# Another underlay is followed as well.
	ip -n "$net-ce" link add thin mtu 1280 type dummy
	ip -n "$net-ce" link set other type mape dev thin
	equal "$(ip -n "$net-ce" -j link show other | jq '.[0].mtu')" 1240
	ip -n "$net-ce" link del other
	ip -n "$net-ce" link del thin
}

mtu_of_the_user() {
	ip -n "$net-ce" link set v6plus mtu 1300
	ip -n "$net-ce" link set wan0 mtu 1400
	mtu_is 1300
	ip -n "$net-ce" link set wan0 mtu 1500
	mtu_is 1300
	ip -n "$net-ce" link del v6plus
	# shellcheck disable=SC2046 # words
	ip -n "$net-ce" link add v6plus mtu 1200 type mape dev wan0 $(line_arguments)
	mtu_is 1200
	ip -n "$net-ce" link set wan0 mtu 1400
	mtu_is 1200
	ip -n "$net-ce" link set wan0 mtu 1500
	ip -n "$net-ce" link del v6plus
	line_up
	mtu_is 1460
}

fits() {
	h1 ping -nq -M "do" -s $((1460 - 28)) -c 2 -W 5 198.51.100.1
}

too_big() {
	capture_start r6 ce "$tmp/big.pcap" ip6 proto 4
	refuted h1 ping -n -M "do" -s $((1461 - 28)) -c 1 -W 2 198.51.100.1 >"$tmp/ping"
	capture_stop "$tmp/big.pcap"
	cat "$tmp/ping"
	grep -q 'From 192.168.1.1 .*Frag needed and DF set (mtu = 1460)' "$tmp/ping"
	equal "$(tcpdump -nr "$tmp/big.pcap" 2>/dev/null)" "" "on the WAN"
	h1 ip route flush cache
}

# What is to be seen of a connection from h1: the SYN at s, its answer at h1.
mss() { # OF-SYN OF-ANSWER
	capture_start s eth0 "$tmp/syn.pcap" "dst port 5000 and tcp[tcpflags] & tcp-syn != 0"
	capture_start h1 eth0 "$tmp/answer.pcap" "src port 5000 and tcp[tcpflags] & tcp-syn != 0"
	h1 socat -u OPEN:/dev/null TCP:198.51.100.1:5000
	capture_stop "$tmp/syn.pcap"
	capture_stop "$tmp/answer.pcap"
	tcpdump -nr "$tmp/syn.pcap" 2>/dev/null | tee "$tmp/syn"
	tcpdump -nr "$tmp/answer.pcap" 2>/dev/null | tee "$tmp/answer"
	grep -q "\[S\].*mss $1," "$tmp/syn"
	grep -q "\[S.\].*mss $2," "$tmp/answer"
}

mss_with() { # SETTING OF-SYN OF-ANSWER
	ip -n "$net-ce" link set v6plus type mape mss "$1"
	mss "$2" "$3"
	ip -n "$net-ce" link set v6plus type mape mss auto
}

mss_of_mtu() {
	ip -n "$net-ce" link set v6plus mtu 1300
	mss 1260 1260
	ip -n "$net-ce" link set v6plus mtu 1460
}

mss_smaller_stays() {
	h1 ip route change default via 192.168.1.1 advmss 1000
	s ip route change default via 198.51.100.254 dev eth0 onlink advmss 900
	mss 1000 900
	h1 ip route change default via 192.168.1.1
	s ip route change default via 198.51.100.254 dev eth0 onlink
}

# A crafted SYN of h1, as s sees it; its checksum is tcpdump's to judge.
crafted_syn() { # SCAPY-OPTIONS GREP-PATTERN
	capture_start s eth0 "$tmp/crafted.pcap" "dst port 5001"
	inject "IP(src='192.168.1.2',dst='198.51.100.1')/TCP(sport=4930,dport=5001,flags='S',options=$1)"
	capture_stop "$tmp/crafted.pcap"
	tcpdump -nvvr "$tmp/crafted.pcap" 2>/dev/null | tee "$tmp/crafted"
	grep -q "cksum 0x[0-9a-f]* (correct)" "$tmp/crafted"
	grep -q "$2" "$tmp/crafted"
}

thin_path() { # MTU
	ip -n "$net-r6" link set wan0 mtu "$1"
	ip -n "$net-br" link set wan0 mtu "$1"
}

told_of_path() {
	h1 ping -n -M "do" -s $((1460 - 28)) -c 1 -W 1 198.51.100.1 >"$tmp/ping" || :
	cat "$tmp/ping"
	grep -q 'Frag needed and DF set (mtu = 1360)' "$tmp/ping"
}

path_mtu() {
	thin_path 1400
	wait_for 10 told_of_path || told_of_path
	h1 ping -nq -M "do" -s $((1360 - 28)) -c 1 -W 5 198.51.100.1
	# It stays the MTU of the path, not that of the device.
	mtu_is 1460
}

# TCP, whose MSS is too large for the path, gets through, and is told rather
# than cut on the way: it has DF set.
tcp_on_thin_path() {
	head -c 300000 /dev/urandom >"$tmp/upload"
	rm -f "$tmp/uploaded"
	s timeout 60 socat -u TCP-LISTEN:5002,reuseaddr "CREATE:$tmp/uploaded" &
	await_listener s tcp 5002
	capture_start r6 ce "$tmp/cut.pcap" "ip6 proto 44"
	h1 timeout 30 socat -u "OPEN:$tmp/upload" TCP:198.51.100.1:5002
	wait_for 10 cmp "$tmp/upload" "$tmp/uploaded"
	capture_stop "$tmp/cut.pcap"
	equal "$(tcpdump -nr "$tmp/cut.pcap" 2>/dev/null | head -n 3)" "" "outer fragments"
}

topology D2
line_up
s socat TCP-LISTEN:5000,fork,reuseaddr OPEN:/dev/null 2>/dev/null &
await_listener s tcp 5000
check "E-01 the MTU is that of the WAN less 40, and follows it" mtu_follows
check "E-01 an MTU of the user's stays" mtu_of_the_user
check "E-02 1460 bytes pass" fits
check "E-02 1461 bytes with DF: frag needed, and nothing on the WAN" too_big
check "E-14 MSS 1460 becomes 1420, both ways" mss 1420 1420
check "E-14 a smaller MSS stays, both ways" mss_smaller_stays
check "E-14 mss off" mss_with off 1460 1460
check "E-14 mss 1200" mss_with 1200 1200 1200
check "E-14 the MSS follows the MTU" mss_of_mtu
injector_start h1 eth0 ce lan
check "E-14 no MSS option: none is added" crafted_syn "[]" "length 0$"
check "E-14 an MSS option alone" crafted_syn "[('MSS',1460)]" "options \[mss 1420\]"
check "E-14 an MSS option at an odd place" crafted_syn "[('NOP',0),('MSS',65535),('NOP',0)]" \
	"options \[nop,mss 1420,nop"
check "E-14 no MSS behind the end of options" crafted_syn "[('EOL',0),('MSS',1460)]" "options \[eol\]"
injector_stop
check "D-14 E-11 a thinner path: h1 is told its MTU" path_mtu
h1 ip route flush cache
ip -n "$net-ce" -6 route flush cache
check "E-10 TCP through a thinner path, not cut" tcp_on_thin_path
done_testing
