#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# mape up, down and show on a real device: a line is set up from the WAN's own
# address, carries traffic, follows a new prefix, and goes without a trace.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require ping ss
PATH=$test_dir/../tools:$PATH
require mape
[[ -e /usr/share/mape/rules.json ]] ||
	export MAPE_RULES=$test_dir/../tools/data/rules.json

topology v6plus
# What the line gives: an address, and no CE address yet.
wan6=${prefix%/64}1
ip_in ce <<-EOT
	address del $ce6/128 dev wan0
	address add $wan6/64 dev wan0
EOT

routing() {
	ip -n "$net-ce" -o address
	ip -n "$net-ce" route
	ip -n "$net-ce" -6 route
	ip -n "$net-ce" -d rule
}

state() {
	routing
	ip -n "$net-ce" -d link show type mape
}

mape_up() {
	ce mape up --wan wan0 "$@"
}

# What is printed by --dry-run is run by hand here, later by the tool itself.
dry_run() {
	local before after

	before=$(state)
	mape_up --dry-run >"$tmp/dry"
	after=$(state)
	cat "$tmp/dry"
	equal "$after" "$before" "state"
	diff - "$tmp/dry" <<-EOT
		ip link add v6plus type mape dev wan0 prefix $prefix rule $rule br $br6 iid $iid
		ip link set v6plus up
		ip -6 address replace $ce6/128 dev wan0 preferred_lft 0 noprefixroute
		ip route replace default dev v6plus
	EOT
}
check "up --dry-run prints the commands and changes nothing" dry_run

state >"$tmp/before"
check "up sets the line up" mape_up
check "D-01 h1 reaches the Internet" h1 ping -nq -c 3 -W 5 198.51.100.1

ce_address() {
	ip -n "$net-ce" -j -6 address show dev wan0 to "$ce6/128" |
		jq -e '.[0].addr_info[0] | .prefixlen == 128 and .deprecated and
			.preferred_life_time == 0'
}
check "A-11 the CE address is on the WAN, deprecated" ce_address

# IPv6 from the router itself comes from the line's address, not from the CE's.
own_source() {
	ip -n "$net-ce" -j -6 route get 2001:db8:6::1 | jq -e ".[0].prefsrc == \"$wan6\""
}
check "the CE address is no source address" own_source

twice() {
	local before

	before=$(state)
	mape_up
	equal "$(state)" "$before" "state"
}
check "up again changes nothing" twice

show_text() {
	ce mape show
	ce mape show >"$tmp/show"
	grep -q "$ce4" "$tmp/show"
	grep -q "$ce6" "$tmp/show"
	grep -q '6016-6031' "$tmp/show"
}
check "show tells what is" show_text

show_json() {
	ce mape show v6plus --json | tee "$tmp/show.json"
	jq -e ".[0] | .ifname == \"v6plus\" and .ipv4 == \"$ce4\" and
		.psid == $psid and .psid_len == 8 and .port_count == 240 and
		.ce_ipv6 == \"$ce6\" and .up and .sessions > 0 and
		.rx_packets >= 3 and .tx_packets >= 3" "$tmp/show.json"
}
check "show --json tells the same as data" show_json

has_ipv4() { # ADDRESS
	ip -n "$net-ce" -j address show dev v6plus | tee "$tmp/addresses"
	jq -e "[.[0].addr_info[] | select(.family == \"inet\") | .local] == [\"$1\"]" \
		"$tmp/addresses"
}

rules_in_front() { # ADDRESS
	ip -n "$net-ce" rule | sed 's/[[:space:]]*$//' | tee "$tmp/rules"
	{
		printf '0:\tfrom all %s\n' "to $1 iif v6plus lookup local" \
			"to $1 lookup main" "lookup local"
		printf '%d:\tfrom all lookup %s\n' 32766 main 32767 default
	} | diff - "$tmp/rules"
}

route_of() { # JQ-FILTER ROUTE-GET-ARGUMENT...
	ip -n "$net-ce" -j route get "${@:2}" | jq -r ".[0]$1"
}

# Local for what comes out of the device, and for bind(), but not for the LAN.
add_ipv4() {
	mape_up --add-ipv4-addr
	has_ipv4 "$ce4"
	rules_in_front "$ce4"
	equal "$(route_of .dev "$ce4" from 192.168.1.2 iif lan)" v6plus
	equal "$(route_of .dev "$ce4")" v6plus
	equal "$(route_of .type "$ce4" from 198.51.100.1 iif v6plus)" local
	ce python3 -c "import socket; socket.socket().bind(('$ce4', 6016))"
	h1 ping -nq -c 1 -W 5 198.51.100.1
}
check "up --add-ipv4-addr puts the IPv4 address on the device" add_ipv4

add_ipv4_twice() {
	local before

	equal "$(mape_up --add-ipv4-addr --dry-run)" "ip route replace default dev v6plus"
	before=$(routing)
	mape_up --add-ipv4-addr
	mape_up
	equal "$(routing)" "$before" "routing"
}
check "up --add-ipv4-addr again changes nothing" add_ipv4_twice

add_ipv4_repairs() {
	local before

	before=$(routing)
	ip -n "$net-ce" rule del pref 0 to "$ce4" lookup main
	mape_up --add-ipv4-addr
	equal "$(routing)" "$before" "routing without a rule"
	ip -n "$net-ce" rule del pref 0 iif v6plus to "$ce4" lookup local
	mape_up --add-ipv4-addr
	equal "$(routing)" "$before" "routing without the other"
	ip -n "$net-ce" link set v6plus down
	mape_up --add-ipv4-addr
	equal "$(routing)" "$before" "routing without routes"
}
check "up --add-ipv4-addr puts back what is missing" add_ipv4_repairs

# The line gets another prefix: everything moves, by one command.
new_prefix() {
	local new6=240b:13:1a65:a100:e:91a:6500:a100 new4=14.9.26.101

	ip_in ce <<-EOT
		address add 240b:13:1a65:a100::1/64 dev wan0
		address del $wan6/64 dev wan0
	EOT
	mape_up
	equal "$(shown .ipv4)" "$new4" "IPv4 address"
	equal "$(shown .ce_ipv6)" "$new6" "CE address"
	has_ipv4 "$new4"
	rules_in_front "$new4"
	equal "$(route_of .dev "$new4" from 192.168.1.2 iif lan)" v6plus
	refuted grep "$ce4" <(ip -n "$net-ce" route)
	ip -n "$net-ce" -6 -o address show dev wan0
	refuted grep "$ce6" <(ip -n "$net-ce" -6 -o address show dev wan0)
	grep -q "$new6" <(ip -n "$net-ce" -6 -o address show dev wan0)
	ip -n "$net-r6" route add 240b:13:1a65:a100::/64 via fe80::2 dev ce
	ip_in br <<-EOT
		link set tun type ip6tnl remote $new6
		route add $new4 dev tun
	EOT
	h1 ping -nq -c 1 -W 5 198.51.100.1
	ip_in ce <<-EOT
		address add $wan6/64 dev wan0
		address del 240b:13:1a65:a100::1/64 dev wan0
	EOT
	mape_up
	has_ipv4 "$ce4"
	rules_in_front "$ce4"
}
check "A-18 up after a change of prefix moves device and CE address" new_prefix

down() {
	ce mape down
	state >"$tmp/after"
	diff "$tmp/before" "$tmp/after"
}
check "down leaves nothing behind" down

# Each refusal: one line on stderr with these words, that status, no change.
refused() { # STATUS WORDS MAPE-ARGUMENT...
	local status=0

	ce mape "${@:3}" >"$tmp/out" 2>"$tmp/err" || status=$?
	cat "$tmp/err"
	equal "$status" "$1" "status"
	equal "$(wc -l <"$tmp/err")" 1 "lines on stderr"
	equal "$(wc -c <"$tmp/out")" 0 "bytes on stdout"
	grep -qF -- "$2" "$tmp/err"
	state >"$tmp/after"
	diff "$tmp/before" "$tmp/after"
}
check "down without a device" refused 1 "v6plus" down
check "show of a device that is not" refused 1 "nosuch" show nosuch
check "show of a device that is no mape" refused 1 "wan0" show wan0
check "up: --dev is no mape" refused 1 "lan" up --wan wan0 --dev lan
check "up: no such interface" refused 1 "nosuch" up --wan nosuch
check "up: no IPv6 on the WAN" refused 1 "IPv6" up --wan lan
check "up: unknown prefix" refused 1 "no rule for 2001:db8::/64" \
	up --wan wan0 2001:db8::1
check "up: prefix shorter than rule and EA bits" refused 1 "prefix is shorter" \
	up --wan wan0 240b:12:3400::/40
check "up: EA length 49" refused 1 "EA length" \
	up --wan wan0 "$prefix" --rule 240b:12::/31,14.8.0.0/15,49 --br "$br6"
check "up: PSID offset and length over 16" refused 1 "more than 16 bits" \
	up --wan wan0 "$prefix" --rule 240b:12::/31,14.8.0.0/15,25,9 --br "$br6"
check "up: rule outside the prefix" refused 1 "outside" \
	up --wan wan0 "$prefix" --rule 2001:db8::/40,192.0.2.0/24,16 --br "$br6"
check "up: the border relay is the CE itself" refused 1 "own CE address" \
	up --wan wan0 "$prefix" --rule "$rule" --iid draft03 --br "$ce6"
check "up: PSID over its length" refused 1 "fit" \
	up --wan wan0 "$prefix" --rule "$prefix,192.0.2.1/32,0" --psid 256/8 --br "$br6"

unprivileged() {
	local status=0

	ce setpriv --reuid 65534 --clear-groups --inh-caps=-all \
		mape up --wan wan0 >"$tmp/out" 2>"$tmp/err" || status=$?
	cat "$tmp/err"
	equal "$status" 2 "status"
	grep -q "no permission" "$tmp/err"
	state >"$tmp/after"
	diff "$tmp/before" "$tmp/after"
}
check "up without privilege" unprivileged

# A step cannot be done: those before it must not leave anything.
taken_back() { # STEP [UP-OPTION...]
	local status=0

	mkdir -p "$tmp/bin"
	cat >"$tmp/bin/ip" <<-'EOT'
		#!/bin/sh
		case "$*" in
		*"$FAIL_AT"*) echo "Error: this step fails." >&2; exit 2 ;;
		esac
		exec /sbin/ip "$@"
	EOT
	chmod +x "$tmp/bin/ip"
	FAIL_AT=$1 PATH=$tmp/bin:$PATH ce mape up --wan wan0 "${@:2}" 2>"$tmp/err" || status=$?
	cat "$tmp/err"
	equal "$status" 2 "status"
	grep -q "this step fails" "$tmp/err"
	state >"$tmp/after"
	diff "$tmp/before" "$tmp/after"
}
check "up that fails in the middle takes all back" taken_back "address replace"
check "up that fails at its second rule takes all back" \
	taken_back "lookup main" --add-ipv4-addr
check "up that fails at its last step takes all back" \
	taken_back "route replace default" --add-ipv4-addr

no_module() {
	local status=0

	rmmod mape
	mkdir -p "$tmp/etc"
	echo 'install mape /bin/false' >"$tmp/etc/mape.conf"
	mount --bind "$tmp/etc" /etc/modprobe.d
	ce mape up --wan wan0 2>"$tmp/err" || status=$?
	umount /etc/modprobe.d
	modprobe mape
	cat "$tmp/err"
	equal "$status" 2 "status"
	grep -q "modprobe mape" "$tmp/err"
	state >"$tmp/after"
	diff "$tmp/before" "$tmp/after"
}
if rmmod mape 2>/dev/null && modprobe mape; then
	check "up without the module" no_module
else
	skip "up without the module" "it is in use, or built in"
fi
done_testing
