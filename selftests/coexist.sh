#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Beside others: the kernel's ip6tnl on the same host, a second device of ours
# with another prefix, and nftables' own NAT.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require ping nft

topology D2

# Two ordinary tunnels between ce and br, one of them with another mode.
ip_in ce <<-EOT
	address add 2001:db8:12:3400::5/128 dev wan0
	address add 2001:db8:12:3400::6/128 dev wan0
	link add t4 type ip6tnl mode ipip6 local 2001:db8:12:3400::5 remote $br6 encaplimit none
	link add ta type ip6tnl mode any local 2001:db8:12:3400::6 remote $br6 encaplimit none
	address add 10.4.0.1/24 dev t4
	address add 10.5.0.1/24 dev ta
	link set t4 up
	link set ta up
EOT
ip_in br <<-EOT
	link add t4 type ip6tnl mode ipip6 remote 2001:db8:12:3400::5 local $br6 encaplimit none
	link add ta type ip6tnl mode any remote 2001:db8:12:3400::6 local $br6 encaplimit none
	address add 10.4.0.2/24 dev t4
	address add 10.5.0.2/24 dev ta
	link set t4 up
	link set ta up
EOT

tunnels_work() {
	ce ping -nq -c 1 -W 5 10.4.0.2
	ce ping -nq -c 1 -W 5 10.5.0.2
}

internet_works() {
	h1 ping -nq -c 1 -W 5 198.51.100.1
}

check "ip6tnl works before" tunnels_work
line_up
check "ip6tnl works beside the device" counts "" tunnels_work
check "the device works beside ip6tnl" internet_works

# Another line: its own prefix, device and route.
second6=2001:db8:55:100:c0:2:5500:100 second4=192.0.2.85
ip_in ce <<-EOT
	address add $second6/128 dev wan0
	link add second type mape dev wan0 prefix 2001:db8:55:100::/56 rule $rule br $br6 iid draft03
	link set second up
	route add 198.51.100.2/32 dev second
EOT
ip_in br <<-EOT
	link add tun2 type ip6tnl mode ipip6 local $br6 remote $second6 encaplimit none
	link set tun2 up
	route add $second4/32 dev tun2
EOT
ip -n "$net-r6" route add 2001:db8:55:100::/56 via fe80::2 dev ce

packets() { # DEV
	ip -n "$net-ce" -j -s link show "$1" | jq -c '.[0].stats64 | [.rx.packets, .tx.packets]'
}

by_one_only() { # DEV OTHER ADDRESS
	local before

	before=$(packets "$2")
	h1 ping -nq -c 3 -W 5 "$3"
	equal "$(packets "$2")" "$before" "packets of $2"
}
check "A-17 the second line carries its route" by_one_only second v6plus 198.51.100.2
check "A-17 the first line carries the rest" by_one_only v6plus second 198.51.100.1

in_use() {
	local status=0

	ip -n "$net-ce" link add third type mape dev wan0 $1 2>"$tmp/err" || status=$?
	cat "$tmp/err"
	refuted test "$status" = 0
	grep -q 'another mape device has this tunnel address' "$tmp/err"
}
check "a third device cannot have the address of one" in_use "$(line_arguments)"

# A host of another LAN, behind nftables' masquerade on its way to h1.
boxes other
cable ce dmz other eth0
ip_in ce <<-EOT
	address add 172.16.0.1/24 dev dmz
EOT
ip_in other <<-EOT
	address add 172.16.0.2/24 dev eth0
	route add default via 172.16.0.1
EOT
ce nft -f - <<-EOT
	table ip other {
		chain post {
			type nat hook postrouting priority srcnat
			ip saddr 172.16.0.0/24 oifname lan masquerade
		}
	}
EOT
masqueraded() {
	ip -n "$net-h1" route replace blackhole 172.16.0.0/24
	ip netns exec "$net-other" ping -nq -c 1 -W 5 192.168.1.2
}
check "nftables masquerades on another interface" masqueraded
check "the device works with conntrack on" internet_works
check "the host behind masquerade reaches the Internet by the device" \
	ip netns exec "$net-other" ping -nq -c 1 -W 5 198.51.100.1

ip -n "$net-ce" link del second
check "the first line works after the second one has gone" internet_works
ip -n "$net-ce" link del v6plus
check "ip6tnl works after" tunnels_work
done_testing
