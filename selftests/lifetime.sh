#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Changed, moved, taken down and removed while traffic runs through it, with
# its underlay and the module itself: it comes back, and nothing is left.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require ping iperf3 ss

topology D2
line_up

# Both ways all the time: h1 floods, and what the relay gets it sends back.
flood() {
	cat >"$tmp/flood.py" <<-'EOT'
		import socket, sys, time
		socks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(50)]
		for s in socks:
		    s.setblocking(False)
		while True:
		    for i, s in enumerate(socks):
		        try:
		            s.sendto(b"x" * 500, ("198.51.100.%d" % (i % 20 + 1), 7))
		            s.recv(1500)
		        except OSError:
		            pass
		    time.sleep(0.002)
	EOT
	cat >"$tmp/echo.py" <<-'EOT'
		import socket
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO: answer as who was asked
		s.bind(("", 7))
		while True:
		    data, info, _, peer = s.recvmsg(1500, 100)
		    s.sendmsg([data], info, 0, peer)
	EOT
	s python3 "$tmp/echo.py" &
	await_listener s udp 7
	h1 python3 "$tmp/flood.py" &
	h2 ping -nqf 198.51.100.1 >/dev/null 2>&1 &
}
flood

works() {
	wait_for 10 h1 ping -nq -c 1 -W 2 198.51.100.1
}

line_works_again() {
	line_up
	works
}

changed() {
	local n

	for n in {1..20}; do
		ip -n "$net-ce" link set v6plus type mape hoplimit $((n + 30)) \
			tclass $((n * 4)) mss $((1000 + n)) br "$br6" br 2001:db8:ffff::$n
	done
	equal "$(shown .hoplimit)" 50
	works
}

# To another address of its own and back: sessions are thrown away.
renumbered() {
	local n

	for n in {1..10}; do
		ip -n "$net-ce" link set v6plus type mape prefix 2001:db8:12:5600::/56
		ip -n "$net-ce" link set v6plus type mape prefix "$prefix"
	done
	works
}

made_anew() {
	local n

	for n in {1..10}; do
		ip -n "$net-ce" link del v6plus
		line_up
		h1 ping -nq -c 1 -W 1 198.51.100.1 || :
	done
	works
}

down_and_up() { # DEV
	local n

	for n in {1..5}; do
		ip -n "$net-ce" link set "$1" down
		ip -n "$net-ce" link set "$1" up
	done
	ip_in ce <<-EOT
		address replace $ce6/128 dev wan0 preferred_lft 0
		address replace fe80::2/64 dev wan0
		route replace default via fe80::1 dev wan0
		route replace default dev v6plus
	EOT
	works
}

# The device goes to a namespace without its underlay, and back.
moved() {
	local n

	boxes apart
	for n in {1..5}; do
		ip -n "$net-ce" link set v6plus netns "$net-apart"
		ip -n "$net-apart" link set v6plus up
		ip -n "$net-apart" link set v6plus netns "$net-ce"
	done
	ip_in ce <<-EOT
		link set v6plus up
		route replace default dev v6plus
	EOT
	works
}

# It stays in another namespace, and its host's packets leave by the underlay.
apart() {
	ip -n "$net-ce" link set v6plus netns "$net-apart"
	ip_in apart <<-EOT
		link set v6plus up
		address add 192.168.9.1/24 dev lo
		route add default dev v6plus
	EOT
	ip netns exec "$net-apart" ping -nq -c 2 -W 5 198.51.100.1
	ip -n "$net-apart" -j -d link show v6plus | jq -e '.[0].link_netnsid != null'
}

# The namespace of the underlay takes the device with it.
underlay_gone() {
	ip netns pids "$net-ce" | xargs -r kill
	ip netns del "$net-ce"
	wait_for 10 no_device
}

no_device() {
	! ip -n "$net-apart" link show v6plus
}

module_gone() {
	local n

	for n in 1 2 3; do
		rmmod mape
		refuted ip -n "$net-ce" link show v6plus
		modprobe mape
		line_up
	done
	works
}

nothing_left() {
	ip -n "$net-ce" link del v6plus
	rmmod mape
	refuted grep -q '^mape_' /proc/slabinfo
	refuted grep -E 'mape_(session|mapping).*Objects remaining|still has objects|waiting for' \
		<(dmesg --notime)
	modprobe mape
}

check "the line works" works
check "20 changes of all settings" changed
check "20 changes of prefix, address and ports" renumbered
check "10 times removed and made" made_anew
check "5 times down and up" down_and_up v6plus
check "5 times its underlay down and up" down_and_up wan0
check "5 times to another namespace and back" moved
if rmmod mape 2>/dev/null && modprobe mape; then
	line_up
	check "3 times the module removed under traffic" module_gone
	check "no session, slab or reference is left" nothing_left
	check "the line works again" line_works_again
else
	skip "the module removed under traffic" "it is built in, or in use"
fi
check "it works in another namespace than its underlay" apart
check "it goes with its underlay's namespace" underlay_gone
done_testing
