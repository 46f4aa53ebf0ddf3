# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the tests share: results in TAP, and this network, each box of which is
# a namespace of the same name. Every test builds its own and leaves nothing.
#
#  ┌────────────┐   ┌───────────────────────┐  ┌────────────┐  ┌──────────────────┐  ┌───────────────┐
#  │ h1         │   │ ce                    │  │ r6         │  │ br               │  │ s             │
#  │ 192.168.1.2├─┐ │                       │  │            │  │                  │  │ 198.51.100.1  │
#  └────────────┘ │ │lan          wan0      │  │ce      wan0│  │wan0             s│  │      ...      │
#                 ├─┤192.168.1.1  $ce6/128  ├──┤fe80::1  ...├──┤$br6/128     ....254──┤ 198.51.100.20 │
#  ┌────────────┐ │ │        ┌──────┐       │  │            │  │        ┌─────┐   │  │ eth0          │
#  │ h2         ├─┘ │        │v6plus│ $ce4  │  │ IPv6 only  │  │        │ tun │   │  │               │
#  │ 192.168.1.3│   │        └──────┘ shared│  │            │  │        └─────┘   │  │               │
#  └────────────┘   └───────────────────────┘  └────────────┘  └──────────────────┘  └───────────────┘
#                        type mape                              ip6tnl mode ipip6
#                                                               $ce4 is routed into it
#
# Of the two ends of the tunnel only v6plus is ours: the border relay is the
# kernel's ip6_tunnel. `h1 COMMAND`, `ce COMMAND` ... run a command in a box.
#
# Some tests add a second customer, ce2 with h3 (192.168.2.2) behind it, who
# has the same IPv4 address and another port set.

set -euo pipefail

ksft_pass=0
ksft_fail=1
ksft_skip=4

# shellcheck disable=SC2034 # for the tests
test_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
test_name=$(basename "$0" .sh)
net=mape-$test_name-$$
tests=0
failures=0
finished=
tmp=

# ----------------------------------------------------------------- results

diagnose() { # < TEXT
	sed 's/^/# /'
}

# Not a test more can be done.
bail() { # TEXT
	finished=1
	echo "Bail out! $*"
	exit $ksft_fail
}

skip_all() { # REASON
	finished=1
	echo "1..0 # SKIP $*"
	exit $ksft_skip
}

skip() { # NAME REASON
	echo "ok $((++tests)) - $1 # SKIP ${*:2}"
}

pass() { # NAME
	echo "ok $((++tests)) - $1"
}

fail() { # NAME
	failures=$((failures + 1))
	echo "not ok $((++tests)) - $1"
}

# The command, usually a function, is a sub-test: it passes if no step of it
# fails. What it prints is shown only if it does.
check() { # NAME COMMAND [ARG...]
	local name=$1 status

	shift
	set +e
	(
		set -e
		"$@"
	) >"$tmp/check" 2>&1
	status=$?
	set -e
	if ((status)); then
		fail "$name"
		{
			echo "status $status of: $*"
			tail -n 40 "$tmp/check"
		} | diagnose
	else
		pass "$name"
	fi
}

# For use in checks: each says what it saw and fails if it is not right.
equal() { # IS SHOULD [WHAT]
	[[ $1 == "$2" ]] || {
		echo "${3:-value} is '$1', should be '$2'"
		return 1
	}
}

refuted() { # COMMAND [ARG...]
	if "$@"; then
		echo "worked, and should have failed: $*"
		return 1
	fi
}

wait_for() { # SECONDS COMMAND [ARG...]
	local end=$((SECONDS + $1 + 1))

	shift
	until "$@" >/dev/null 2>&1; do
		if ((SECONDS >= end)); then
			echo "waited in vain for: $*"
			return 1
		fi
		sleep 0.05
	done
}

done_testing() {
	finished=1
	echo "1..$tests"
	((failures)) && exit $ksft_fail
	exit $ksft_pass
}

# ------------------------------------------------------------- environment

# All boxes, and what runs in them.
demolish() {
	local name

	# The shell shall not report who was killed.
	disown -a
	for name in $(ip netns list | awk -v n="$net-" 'index($1, n) == 1 { print $1 }'); do
		ip netns pids "$name" | xargs -r kill -9 2>/dev/null || :
		ip netns del "$name"
	done
}

cleanup() {
	local status=$? jobs

	trap - EXIT
	[[ $finished ]] || {
		echo "Bail out! $test_name ended early with status $status"
		status=$ksft_fail
	}
	jobs=$(jobs -p)
	demolish
	xargs -r kill -9 <<<"$jobs" 2>/dev/null || :
	[[ -z $tmp ]] || rm -rf "$tmp"
	exit "$status"
}

require() { # COMMAND...
	local command

	for command; do
		command -v "$command" >/dev/null ||
			skip_all "there is no $command"
	done
}

start_testing() {
	echo "TAP version 13"
	((EUID == 0)) || skip_all "needs root"
	require ip jq python3 ethtool
	[[ -d /sys/module/mape ]] || modprobe -q mape ||
		skip_all "there is no module mape"
	ip link help mape 2>&1 | grep -q prefix ||
		skip_all "ip does not know the type mape"
	tmp=$(mktemp -d)
	trap cleanup EXIT
	trap 'exit 1' INT TERM HUP
}

h1() { ip netns exec "$net-h1" "$@"; }
h2() { ip netns exec "$net-h2" "$@"; }
h3() { ip netns exec "$net-h3" "$@"; }
ce() { ip netns exec "$net-ce" "$@"; }
ce2() { ip netns exec "$net-ce2" "$@"; }
r6() { ip netns exec "$net-r6" "$@"; }
br() { ip netns exec "$net-br" "$@"; }
s() { ip netns exec "$net-s" "$@"; }

# Many ip commands in a box, one a line, in one process.
ip_in() { # BOX < COMMANDS
	ip -n "$net-$1" -batch -
}

# All addresses are usable at once: without duplicate address detection, and
# with no link-local address but those given.
boxes() { # BOX...
	local box

	for box; do
		ip netns add "$net-$box"
		ip netns exec "$net-$box" sysctl -qw \
			net.ipv4.conf.default.rp_filter=0 \
			net.ipv4.conf.all.rp_filter=0 \
			net.ipv4.ip_forward=1 \
			net.ipv6.conf.all.forwarding=1 \
			net.ipv6.conf.default.accept_dad=0 \
			net.ipv6.conf.default.addr_gen_mode=1 \
			net.ipv6.conf.default.router_solicitations=0
		ip -n "$net-$box" link set lo up
	done
}

cable() { # BOX DEV BOX DEV
	ip link add "$2" netns "$net-$1" type veth peer "$4" netns "$net-$3"
	ip -n "$net-$1" link set "$2" up
	ip -n "$net-$3" link set "$4" up
}

# ----------------------------------------------------------------- domains

# The mapping domains: D1 is that of RFC 7597's appendix A, D2 the same with
# what is usual in Japan, v6plus an example of a Japanese service. In all of
# them the customer has a PSID of 8 bits; psid_offset is what RFC 7597 calls a.
# In the others the customer has an address alone (whole; EA length 0), the
# same with an explicit PSID (explicit), a prefix, or one port (single).
# shellcheck disable=SC2034 # for the tests
domain() { # D1|D2|v6plus|whole|explicit|prefix|single
	psid_len=8 ce4_len=32 extra=
	case $1 in
	whole | explicit)
		prefix=2001:db8:12:3400::/56 iid=rfc7597
		rule=2001:db8:12:3400::/56,192.0.2.18/32,0
		ce6=2001:db8:12:3400:0:c000:212:0
		psid_offset=6 psid_len=0 psid=0
		ce4=192.0.2.18 br6=2001:db8:ffff::1
		[[ $1 == whole ]] || ce6=${ce6%0}34 psid_len=8 psid=$((0x34)) extra="psid 52/8"
		return
		;;
	prefix)
		prefix=2001:db8:f0::/44 iid=rfc7597 rule=2001:db8::/40,192.0.2.0/24,4
		ce6=2001:db8:f0::c000:2f0:0
		psid_offset=6 psid_len=0 psid=0
		ce4=192.0.2.240 ce4_len=28 br6=2001:db8:ffff::1
		return
		;;
	single)
		prefix=2400:c000:212:1240::/64 iid=rfc7597 rule=2400::/16,0.0.0.0/0,48,0
		ce6=2400:c000:212:1240:0:c000:212:1240
		psid_offset=0 psid_len=16 psid=$((0x1240))
		ce4=192.0.2.18 br6=2001:db8:ffff::1
		return
		;;
	D1)
		prefix=2001:db8:12:3400::/56 iid=rfc7597
		rule=2001:db8::/40,192.0.2.0/24,16
		ce6=2001:db8:12:3400:0:c000:212:34
		psid_offset=6
		;;
	D2)
		prefix=2001:db8:12:3400::/56 iid=draft03
		rule=2001:db8::/40,192.0.2.0/24,16
		ce6=2001:db8:12:3400:c0:2:1200:3400
		psid_offset=4
		;;
	v6plus)
		prefix=240b:12:3456:7800::/64 iid=draft03
		rule=240b:12::/31,14.8.0.0/15,25,4
		ce6=240b:12:3456:7800:e:834:5600:7800
		psid_offset=4 psid=120
		ce4=14.8.52.86 br6=2404:9200:225:100::64
		return
		;;
	esac
	psid=$((0x34)) ce4=192.0.2.18 br6=2001:db8:ffff::1
	# A second customer with the same IPv4 address.
	ce2_prefix=2001:db8:12:5600::/56 ce2_psid=$((0x56))
	ce2_6=2001:db8:12:5600:0:c000:212:56
	[[ $1 == D1 ]] || ce2_6=2001:db8:12:5600:c0:2:1200:5600
}

# What follows `ip link add NAME type mape`, but for the underlay. With
# rule_kind=fmr the rule forwards to other customers, too.
line_arguments() {
	echo "prefix $prefix ${rule_kind:-rule} $rule br $br6 iid $iid $extra"
}

# --------------------------------------------------------------- topology

hosts() {
	local n

	boxes h1 h2
	ip -n "$net-ce" link add lan type bridge
	for n in 1 2; do
		cable ce "h$n" "h$n" eth0
		ip -n "$net-ce" link set "h$n" master lan
		ip_in "h$n" <<-EOT
			address add 192.168.1.$((n + 1))/24 dev eth0
			route add default via 192.168.1.1
		EOT
	done
	ip_in ce <<-EOT
		link set lan up
		address add 192.168.1.1/24 dev lan
	EOT
}

wan() {
	cable ce wan0 r6 ce
	cable r6 wan0 br wan0
	ip_in ce <<-EOT
		address add fe80::2/64 dev wan0
		address add $ce6/128 dev wan0 preferred_lft 0
		route add default via fe80::1 dev wan0
	EOT
	ip_in r6 <<-EOT
		address add 2001:db8:6::1/128 dev lo
		address add fe80::1/64 dev ce
		address add fe80::1/64 dev wan0
		route add $prefix via fe80::2 dev ce
		route add $br6/128 via fe80::3 dev wan0
	EOT
	ip_in br <<-EOT
		address add fe80::3/64 dev wan0
		address add $br6/128 dev wan0
		route add default via fe80::1 dev wan0
	EOT
}

internet() {
	cable br s s eth0
	ip_in br <<-EOT
		address add 198.51.100.254/24 dev s
		link add tun type ip6tnl mode ipip6 local $br6 remote $ce6 encaplimit none
		link set tun up
		route add $ce4/$ce4_len dev tun
	EOT
	{
		echo "route add default via 198.51.100.254 onlink dev eth0"
		for n in {1..20}; do
			echo "address add 198.51.100.$n/24 dev eth0"
		done
	} | ip_in s
}

# Everything but the device.
topology() { # [DOMAIN]
	domain "${1:-D2}"
	boxes ce r6 br s
	hosts
	wan
	internet
}

line_add() { # [ARGUMENT...]
	# shellcheck disable=SC2046 # words
	ip -n "$net-ce" link add v6plus type mape dev wan0 $(line_arguments) "$@"
}

# The device, and IPv4 routed into it.
line_up() { # [ARGUMENT...]
	line_add "$@"
	ip_in ce <<-EOT
		link set v6plus up
		route add default dev v6plus
	EOT
}

# The line of another domain in place of the one there is.
line_change() { # DOMAIN [ARGUMENT...]
	ip -n "$net-ce" link del v6plus 2>/dev/null || :
	domain "$1"
	ip -n "$net-ce" address replace "$ce6/128" dev wan0 preferred_lft 0
	ip -n "$net-r6" route replace "$prefix" via fe80::2 dev ce
	ip_in br <<-EOT
		link set tun type ip6tnl mode ipip6 local $br6 remote $ce6 encaplimit none
		route replace $ce4/$ce4_len dev tun
	EOT
	line_up "${@:2}"
}

# A second customer of the domain, with a host.
second_customer() { # [ARGUMENT...]
	boxes ce2 h3
	cable ce2 wan0 r6 ce2
	cable ce2 lan h3 eth0
	ip_in h3 <<-EOT
		address add 192.168.2.2/24 dev eth0
		route add default via 192.168.2.1
	EOT
	ip_in ce2 <<-EOT
		address add 192.168.2.1/24 dev lan
		address add fe80::4/64 dev wan0
		address add $ce2_6/128 dev wan0 preferred_lft 0
		route add default via fe80::1 dev wan0
		link add v6plus type mape dev wan0 prefix $ce2_prefix br $br6 iid $iid $*
		link set v6plus up
		route add default dev v6plus
	EOT
	ip_in r6 <<-EOT
		address add fe80::1/64 dev ce2
		route add $ce2_prefix via fe80::4 dev ce2
	EOT
}

# ----------------------------------------------------------- observations

# What `ip -j -d link show` says of the device, one value.
shown() { # JQ-FILTER [DEV]
	ip -n "$net-ce" -j -d link show "${2:-v6plus}" |
		jq -r ".[0].linkinfo.info_data$1"
}

listening() { # BOX tcp|udp PORT
	[[ $(ip netns exec "$net-$1" ss -Hnl "--$2" "sport = :$3") ]]
}

# Wait until one listens who has just been started in the background.
await_listener() { # BOX tcp|udp PORT
	wait_for 20 listening "$@" || bail "nobody listens at $*"
}

# Record packets until capture_stop: capture_start BOX DEV FILE [TCPDUMP-ARG...]
capture_start() { # BOX DEV FILE [TCPDUMP-ARG...]
	ip netns exec "$net-$1" tcpdump -n -Z root -U -B 32768 -i "$2" -w "$3" "${@:4}" \
		2>"$3.log" &
	echo $! >"$3.pid"
	wait_for 20 grep -q 'listening on' "$3.log" || bail "no capture"
}

# Has tcpdump written all that it was given?
capture_caught_up() { # FILE
	kill -USR1 "$(<"$1.pid")"
	sleep 0.1
	tail -n 1 "$1.log" | awk '/captured/ { ok = $2 == $5 } END { exit !ok }'
}

# Ends the test if not everything was recorded.
capture_stop() { # FILE
	local pid

	pid=$(<"$1.pid")
	wait_for 10 capture_caught_up "$1" || bail "the capture does not end"
	kill -INT "$pid"
	wait "$pid" || :
	grep -q '^0 packets dropped by kernel' "$1.log" || bail "capture lost packets"
}

# The counters of a device that are not what they were: NAME=DIFFERENCE ...
counters() { # [DEV]
	ip netns exec "$net-ce" ethtool -S "${1:-v6plus}" |
		sed -n 's/^ *\([a-z0-9_]*\): \([0-9]*\)$/\1=\2/p'
}

counters_mark() {
	counters >"$tmp/counters"
}

counters_since_mark() {
	counters | awk -F= 'NR == FNR { old[$1] = $2; next }
		$2 != old[$1] { printf "%s%s=%d", sep, $1, $2 - old[$1]; sep = " " }
		' "$tmp/counters" -
}

counted() { # COUNTERS-REGEX
	local now

	now=$(counters_since_mark)
	[[ $now =~ ^($1)$ ]] || equal "$now" "$1" counters
}

# The command makes just these counters grow.
counts() { # COUNTERS-REGEX COMMAND [ARG...]
	local want=$1

	shift
	counters_mark
	"$@"
	wait_for 2 counted "$want" || counted "$want"
}

# Ready to send crafted packets from a box to its neighbour.
injector_start() { # BOX DEV NEIGHBOUR-BOX NEIGHBOUR-DEV
	local mac

	mac=$(ip -n "$net-$3" -j link show "$4" | jq -r '.[0].address')
	mkfifo "$tmp/inject.in" "$tmp/inject.out"
	ip netns exec "$net-$1" python3 "$test_dir/inject.py" "$2" "$mac" \
		<"$tmp/inject.in" >"$tmp/inject.out" 2>"$tmp/inject.err" &
	exec {inject_in}>"$tmp/inject.in" {inject_out}<"$tmp/inject.out"
}

injector_stop() {
	exec {inject_in}>&- {inject_out}<&-
	rm "$tmp/inject.in" "$tmp/inject.out"
}

# The packet is on its way when this returns.
inject() { # SCAPY-EXPRESSION
	local answer

	echo "$1" >&"$inject_in"
	read -r -t 30 answer <&"$inject_out" || {
		cat "$tmp/inject.err"
		return 1
	}
	equal "$answer" sent "inject.py's answer"
}

# The Nth port, from 0, of a PSID of the domain.
port_of() { # PSID N
	python3 "$test_dir/portset.py" "$psid_offset" "$psid_len" "$1" |
		awk -v n="$2" '{ split($1, range, "-"); print range[1] + n }'
}

# A UDP endpoint in the background; what it gets is in $tmp/NAME.
endpoint_start() { # NAME HOST PORT TEXT [PEER-ADDRESS:PORT...]
	local name=$1 fd

	shift
	mkfifo "$tmp/$name.fifo"
	"$1" python3 "$test_dir/endpoint.py" "${@:2}" <"$tmp/$name.fifo" >"$tmp/$name" 2>"$tmp/$name.err" &
	# Kept open, so that its input does not end.
	# shellcheck disable=SC2034
	exec {fd}>"$tmp/$name.fifo"
	await_listener "$1" udp "$2"
}

# It greets its peers again, or somebody else.
endpoint_greet() { # NAME [PEER-ADDRESS:PORT]
	echo "${2-}" >"$tmp/$1.fifo"
}

# From whom, and what; the last such datagram is the one that counts.
endpoint_got() { # NAME ADDRESS PORT TEXT
	grep -qE "^${2//./\\.} $3 [0-9]+ $4\$" "$tmp/$1"
}

endpoint_gets() { # NAME ADDRESS PORT TEXT
	wait_for 5 endpoint_got "$@" || {
		tail -n 5 "$tmp/$1"
		return 1
	}
}

# A program that answers each line with a line, `ok ...` if all is well.
partner_start() { # PROGRAM [ARG...]
	mkfifo "$tmp/partner.in" "$tmp/partner.out"
	"$@" <"$tmp/partner.in" >"$tmp/partner.out" 2>>"$tmp/partner.err" &
	exec {partner_in}>"$tmp/partner.in" {partner_out}<"$tmp/partner.out"
}

partner_stop() {
	exec {partner_in}>&- {partner_out}<&-
	rm "$tmp/partner.in" "$tmp/partner.out"
}

ask() { # LINE
	local answer

	: >"$tmp/partner.err"
	echo "$1" >&"$partner_in"
	if ! read -r -t 120 answer <&"$partner_out" || [[ $answer != "ok "* ]]; then
		echo "$1: ${answer:-no answer}"
		cat "$tmp/partner.err"
		return 1
	fi
	echo "${answer#ok }"
}

# What boxes.py sends has this IPv4 identification: the kernels of h1 and s shall
# not get it, so that they do not answer. Who listens on the device does.
deafen_to_crafted() {
	local box

	for box in h1 s; do
		"$box" nft -f - <<-EOT
			table ip deaf {
				chain in {
					type filter hook prerouting priority -400;
					ip id 12345 drop
				}
			}
		EOT
	done
}

# ends.py is hosts inside, 192.168.1.128/25 behind h1, and at r6 it is the border
# relay. Nobody's kernel answers for them: from the WAN nothing goes on.
ends_ready() {
	h1 sysctl -qw net.ipv4.ip_forward=0
	ip -n "$net-ce" route add 192.168.1.128/25 via 192.168.1.2 dev lan
	ip -n "$net-r6" -6 route replace blackhole "$br6/128"
	# Neighbours that know each other lose nothing.
	h1 ping -nq -c 1 -W 10 192.168.1.1 >/dev/null
	r6 ping -nq -c 1 -W 10 "$ce6" >/dev/null
}
