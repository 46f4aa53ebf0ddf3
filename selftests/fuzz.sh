#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A million packets from the LAN, right, wrong and nearly right: nothing leaves
# with a source outside our address and port set, or with anything of the LAN in
# it. And from the border relay: nothing comes in that nobody inside asked for.
#
# MAPE_FUZZ_COUNT is how many, MAPE_FUZZ_SEED makes them those of another run.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require ping mape
[[ -x $test_dir/fuzz && -x $test_dir/judge ]] || bail "not built: make -C selftests"

second=/sys/module/mape/parameters/second
count=${MAPE_FUZZ_COUNT:-1000000}
seed=${MAPE_FUZZ_SEED:-$((RANDOM << 15 | RANDOM))}

mac_of() { # BOX DEV
	ip -n "$net-$1" -j link show "$2" | jq -r '.[0].address'
}

# What all these programs are told of the line.
about_line() {
	echo "$ce6 $br6 $ce4 $psid_offset,$psid_len,$psid"
}

judge_start() { # wan|lan BOX DEV MAC < SESSIONS
	# shellcheck disable=SC2046 # words
	ip netns exec "$net-$2" "$test_dir/judge" "$1" "$3" "$4" $(about_line) \
		<&0 >"$tmp/$1.json" 2>"$tmp/$1.faults" &
	eval "$1_judge=$!"
	wait_for 10 grep -q ready "$tmp/$1.faults" || bail "no judge: $(<"$tmp/$1.faults")"
}

# Ends the test if not everything was seen.
judge_stop() { # wan|lan
	local pid=$1_judge

	kill "${!pid}"
	wait "${!pid}" || bail "the judge failed: $(tail -n 1 "$tmp/$1.faults")"
	sed "s/^/$1: /" "$tmp/$1.json" | diagnose
	[[ $(jq .lost "$tmp/$1.json") == 0 ]] || bail "not every packet was seen"
}

fuzz() { # lan|wan BOX DEV MAC COUNT < SESSIONS
	# shellcheck disable=SC2046 # words
	ip netns exec "$net-$2" "$test_dir/fuzz" "$1" "$3" "$4" $(about_line) "$5" "$seed"
}

# Those that were sent have come to the customer edge.
arrived() { # DEV COUNT
	local packets

	packets=$(ip -n "$net-ce" -j -s link show "$1" | jq '.[0].stats64.rx.packets')
	echo "$packets of $2 packets have come by $1"
	((packets >= $2))
}

verdict() { # wan|lan JQ-CONDITION
	tail -n +2 "$tmp/$1.faults"
	jq -e "$2" "$tmp/$1.json"
}

# More than may be, in no time.
bounded() {
	line_anew sessions-max 3072 sessions-per-host 1024
	fuzz lan h1 eth0 "$(mac_of ce lan)" 40000
	ce mape session list | awk '{ split($2, inner, ":"); print inner[1] }' | sort | uniq -c |
		sort -rn >"$tmp/hosts"
	show_counters
	head -n 3 "$tmp/hosts"
	awk 'NR == 1 { most = $1 } { n += $1 } END { exit !(most <= 1024 && n > 1024 && n <= 3072) }' "$tmp/hosts"
	[[ $(counters_since_mark) == *table_full=*host_limit=* ]]
	none_lost
}

# All that was taken is given back.
none_lost() {
	ce mape session flush
	equal "$(shown .sessions)" 0 sessions
	ce mape port --json | tee /dev/stderr |
		jq -e 'length == 6 and all(.[]; .free == .total - .reserved and .mappings == 0 and .shared == 0)'
}

line_anew() { # [ARGUMENT...]
	ip -n "$net-ce" link del v6plus 2>/dev/null || :
	line_up "$@"
	# From the WAN nothing goes on: what answers would only cost time.
	ip -n "$net-r6" -6 route replace blackhole "$br6/128"
	counters_mark
}

# Sessions come and go: where time can be made to run, in a blink.
from_lan() {
	[[ ! -w $second ]] || echo 2 >"$second"
	line_anew reserve "$(port_of "$psid" 0)-$(port_of "$psid" 2)"
	judge_start wan r6 ce "$(mac_of ce wan0)" </dev/null
	fuzz lan h1 eth0 "$(mac_of ce lan)" "$count"
	judge_stop wan
	show_counters
	[[ ! -w $second ]] || echo 250 >"$second"
}

show_counters() {
	{
		counters_since_mark
		echo
	} | fold -sw 100 | diagnose
}

works() {
	ip -n "$net-r6" -6 route replace "$br6/128" via fe80::3 dev wan0
	wait_for 20 h1 ping -nq -c 1 -W 5 198.51.100.1
	h2 ping -nq -c 3 -W 5 198.51.100.2
}

# UDP, TCP and pings of h1, as fuzz and judge want to know them.
sessions() {
	ce mape session list --json | jq -r '{udp: 17, tcp: 6, icmp: 1} as $numbers | .[] |
		"\($numbers[.proto]) \(.inner) \(.inner_port) \(.ext_port) \(.remote) \(.remote_port)"'
}

from_wan() {
	line_anew
	h1 python3 "$test_dir/flows.py" 192.168.1.2 60 40 20
	wait_for 5 all_sessions 120 || bail "no sessions"
	sessions >"$tmp/sessions"
	judge_start lan ce lan "$(mac_of ce lan)" <"$tmp/sessions"
	judge_start wan r6 ce "$(mac_of ce wan0)" </dev/null
	fuzz wan r6 ce "$(mac_of ce wan0)" $((count / 10)) <"$tmp/sessions"
	judge_stop lan
	judge_stop wan
	show_counters
}

all_sessions() { # COUNT
	(($(shown .sessions) == $1))
}

# Not even what the stack looks at before it sends has been looked at.
into_device() {
	fuzz lan ce v6plus - $((count / 10))
	works
}

no_splat() {
	refuted grep -E '\b(BUG|WARNING|Oops|UBSAN|KASAN)\b|Call Trace' <(dmesg | tail -n "+$((lines + 1))")
}

topology D2
lines=$(dmesg | wc -l)
echo "# $count packets, MAPE_FUZZ_SEED=$seed"
check "S-02 the sessions are bounded" bounded
from_lan
check "C-13 $count packets from the LAN: none leaves that may not" verdict wan '.wrong == 0'
check "C-13 all of them have come" arrived h1 $((count + 40000))
check "C-13 many of them leave" verdict wan \
	".judged > $count / 20 and .tcp > $count / 100 and .udp > $count / 100 and .icmp > $count / 200 and
	.error > $count / 1000 and .udplite > $count / 1000 and .sctp > $count / 1000 and .dccp > $count / 1000"
check "S-02 no session, mapping or port is lost" none_lost
check "C-13 the line works afterwards" works
from_wan
check "S-16 F-06 $((count / 10)) packets from the WAN: none comes in that nobody asked for" \
	verdict lan '.wrong == 0'
check "S-16 many of them come in" verdict lan \
	".tcp > $count / 500 and .udp > $count / 500 and .icmp > $count / 1000 and .error > $count / 10000"
check "C-13 nothing is answered that may not be" verdict wan '.wrong == 0'
check "S-16 the line works afterwards" works
check "B-12 the line works after $((count / 10)) packets that nobody has looked at" into_device
check "B-12 S-13 the kernel complains of nothing" no_splat
done_testing
