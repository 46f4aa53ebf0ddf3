#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Offloads on and off, on both sides and on the device: the bytes are the same,
# no checksum is wrong, and with them on super-packets pass whole.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require tcpdump ping ss socat nstat

size=2000000

# shellcheck disable=SC2086 # words
set_offloads() { # WHERE on|off; WHERE: ends, device, all
	local set="tso $2 gso $2 gro $2 tx $2"

	[[ $1 == device ]] || {
		h1 ethtool -K eth0 $set
		s ethtool -K eth0 $set
	}
	[[ $1 == ends ]] || ce ethtool -K v6plus $set
	[[ $1 != all ]] || {
		ce ethtool -K h1 $set
		ce ethtool -K wan0 $set
		br ethtool -K wan0 $set
		br ethtool -K s $set
	}
}

# ethtool tells all that came of it.
offloads() { # WHERE on|off
	set_offloads "$@" >"$tmp/ethtool" 2>&1 || bail "$(<"$tmp/ethtool")"
}

send() { # FROM TO PEER PORT
	"$2" timeout 60 socat -u "TCP-LISTEN:$4,reuseaddr" "CREATE:$tmp/received" &
	await_listener "$2" tcp "$4"
	"$1" timeout 60 socat -u "OPEN:$tmp/file" "TCP:$3:$4"
	wait_for 20 cmp "$tmp/file" "$tmp/received"
	rm "$tmp/received"
}

# The server sends once it is called: nobody can call h1.
fetch() {
	s timeout 60 socat -U "TCP-LISTEN:6002,reuseaddr" "OPEN:$tmp/file" &
	await_listener s tcp 6002
	h1 timeout 60 socat -u TCP:198.51.100.1:6002 "CREATE:$tmp/received"
	cmp "$tmp/file" "$tmp/received"
	rm "$tmp/received"
}

datagrams() {
	h1 ping -nq -c 3 -i 0.2 -s 1000 -W 5 198.51.100.1
	# Odd and even lengths, there and back.
	h1 python3 -c 'import os, socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.settimeout(5)
for length in 1, 2, 255, 1400:
	data = os.urandom(length)
	sock.sendto(data, ("198.51.100.1", 6003))
	assert sock.recv(2000) == data'
}

# What receivers found wrong, and what the sender had to send again.
wrong() {
	local box

	for box in h1 s br ce; do
		ip netns exec "$net-$box" nstat -asz TcpInCsumErrors UdpInCsumErrors \
			IcmpInCsumErrors TcpExtTCPLostRetransmit IpInHdrErrors |
			awk -v box="$box" '$2 ~ /^[0-9]+$/ && $2 { printf "%s:%s=%s ", box, $1, $2 }'
	done
}

intact() {
	send h1 s 198.51.100.1 6001
	fetch
	datagrams
	equal "$(wrong)" "" "wrong checksums"
}

# tcpdump, too, looks at all checksums as they leave the border relay.
seen_right() {
	capture_start s eth0 "$tmp/s.pcap" ip src "$ce4"
	head -c 100000 "$tmp/file" >"$tmp/part"
	h1 timeout 60 socat -u "OPEN:$tmp/part" TCP:198.51.100.1:6004
	datagrams
	capture_stop "$tmp/s.pcap"
	tcpdump -nvvr "$tmp/s.pcap" 2>/dev/null >"$tmp/s.txt"
	# Not `incorrect`, `bad udp cksum` or `wrong icmp cksum`.
	refuted grep -iE -m 3 'incorrect|bad|wrong' "$tmp/s.txt"
	(($(grep -c '(correct)\|udp sum ok' "$tmp/s.txt") > 70))
}


# The longest packet of each capture.
longest() { # PCAP...
	local file

	for file; do
		python3 -c 'import struct, sys
data = open(sys.argv[1], "rb").read()
at, longest = 24, 0
while at < len(data):
	kept, length = struct.unpack_from("<II", data, at + 8)
	at, longest = at + 16 + kept, max(longest, length)
print(longest)' "$file"
	done
}

super_packets() { # AT-LEAST
	capture_start ce v6plus "$tmp/out.pcap" -s 100 "dst 198.51.100.1"
	capture_start ce wan0 "$tmp/wan.pcap" -s 100 "ip6 proto 4 and src $ce6"
	send h1 s 198.51.100.1 6001
	capture_stop "$tmp/out.pcap"
	capture_stop "$tmp/wan.pcap"
	longest "$tmp/out.pcap" "$tmp/wan.pcap" | tee "$tmp/longest"
	awk -v least="$1" '$1 < least { short = 1 } END { exit short }' "$tmp/longest"
}

no_checksum() {
	local script='import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, 11, 1)	# SO_NO_CHECK
sock.settimeout(5)
if sys.argv[1] == "call":
	sock.sendto(b"no sum", ("198.51.100.1", 6005))
	assert sock.recv(100) == b"no sum"
else:
	sock.bind(("198.51.100.1", 6005))
	sock.settimeout(30)
	print("ready", flush=True)
	data, peer = sock.recvfrom(100)
	sock.sendto(data, peer)'

	s python3 -c "$script" answer >"$tmp/answer" &
	wait_for 10 grep -q ready "$tmp/answer"
	capture_start s eth0 "$tmp/at-s.pcap" "dst port 6005 and udp[6:2] == 0"
	capture_start h1 eth0 "$tmp/at-h1.pcap" "src port 6005 and udp[6:2] == 0"
	h1 python3 -c "$script" call
	capture_stop "$tmp/at-s.pcap"
	capture_stop "$tmp/at-h1.pcap"
	equal "$(tcpdump -nr "$tmp/at-s.pcap" 2>/dev/null | wc -l)" 1 "seen at s"
	equal "$(tcpdump -nr "$tmp/at-h1.pcap" 2>/dev/null | wc -l)" 1 "seen at h1"
}

topology D2
line_up
head -c $size /dev/urandom >"$tmp/file"
s socat UDP-LISTEN:6003,fork,reuseaddr EXEC:cat 2>/dev/null &
s socat -u TCP-LISTEN:6004,fork,reuseaddr OPEN:/dev/null 2>/dev/null &
await_listener s tcp 6004
check "B-13 all offloads on: intact" intact
check "B-13 super-packets pass whole" super_packets 4000
offloads ends off
check "B-13 off at the ends: intact" intact
offloads ends on
offloads device off
check "B-13 off on the device: intact" intact
offloads ends off
check "B-13 off at the ends and on the device: intact" intact
offloads all off
check "B-13 off everywhere: intact" intact
check "B-14 off everywhere: checksums are right to tcpdump" seen_right
check "B-14 UDP without checksum stays so, both ways" no_checksum
offloads all on
offloads device off
check "B-13 off on the device only, again: intact" intact
done_testing
