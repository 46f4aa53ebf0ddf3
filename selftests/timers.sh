#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# How long sessions live, what keeps them and what does not, and that the times
# can be set. With time that runs faster, which only the debug build knows.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require mape

# Jiffies a second of the NATs lasts: of the one that is tested, first and for
# what that is too fast for; and of the one whose connections live for two hours.
second_file=/sys/module/mape/parameters/second
seconds=(10 30)
long_second=1

times=(
	# NAME DEFAULT FLOOR
	"udp 300 120"
	"udp-new 120 120"
	"dns 10 2"
	"dns-new 30 5"
	"ntp 30 5"
	"tcp-syn 240 30"
	"tcp-established 7440 240"
	"tcp-closing 240 10"
	"icmp 60 60"
	"sctp-established 7440 7440"
	"sctp-transitory 240 240"
	"dccp-established 7440 7440"
	"dccp-transitory 240 240"
	"other 600 60"
	"udp-reclaim 0 30"
	"quarantine 120 0"
)

change() { # [ARGUMENT...]
	ip -n "$net-ce" link set v6plus type mape "$@"
}

# For all names: `timeout NAME,SECONDS`, the seconds by an expression of awk.
timeouts() { # EXPRESSION
	printf '%s\n' "${times[@]}" | awk "{ print \"timeout \" \$1 \",\" $1 }"
}

# Just the times that are not the default are shown.
times_are() { # EXPRESSION
	timeouts "$1" | tr ',' ' ' | awk '
		NR == FNR { normal[$1] = $2; next }
		$3 != normal[$2] { print $2, $3 }
		' <(printf '%s\n' "${times[@]}") - | sort >"$tmp/should"
	shown '.timeouts | to_entries | map("\(.key) \(.value)") | .[]' | sort | diff "$tmp/should" -
}

set_all() { # EXPRESSION
	# shellcheck disable=SC2046 # words
	change $(timeouts "$1")
	times_are "$1"
}

refused_with() { # NAME SECONDS SENTENCE
	cat "$tmp/refused"
	grep -q "^$1,$2 timeout: $3\.*$" "$tmp/refused"
}

# In one go: ip goes on after what is refused, and says why.
refuse_all() { # < NAME,SECONDS...
	cat >"$tmp/requests"
	sed 's/^/link set v6plus type mape hoplimit 9 timeout /' "$tmp/requests" |
		ip -n "$net-ce" -force -batch - >"$tmp/errors" 2>&1 || :
	sed -n 's/^Error: //p' "$tmp/errors" | paste -d ' ' "$tmp/requests" - >"$tmp/refused"
}

established_warns() {
	change timeout tcp-established,7439 2>"$tmp/warned"
	cat "$tmp/warned"
	grep -q 'Warning: .*7440' "$tmp/warned"
	equal "$(shown '.timeouts."tcp-established"')" 7439
	change timeout tcp-established,7440 2>"$tmp/warned"
	cat "$tmp/warned"
	refuted test -s "$tmp/warned"
}

settable() {
	local time name floor before

	line_up
	check "each timeout can be set" set_all '$2 + 777'
	check "each timeout has its default again" set_all '$2'
	check "each timeout can be a week" set_all 604800
	check "each timeout can be one more than its floor" set_all '$3 + 1'
	check "each timeout can be its floor" set_all '$3'
	before=$(shown '')
	{
		printf '%s\n' "${times[@]}" | awk '$3 { print $1 "," $3 - 1 }'
		printf '%s\n' "${times[@]}" | awk '{ print $1 "," 604801 }'
	} | refuse_all
	for time in "${times[@]}"; do
		read -r name _ floor <<<"$time"
		case $name in
		quarantine) ;; # nothing is less
		udp-reclaim)
			check "timeout $name refuses less than $floor" \
				refused_with "$name" $((floor - 1)) "$name must be 0 or at least $floor seconds"
			;;
		*)
			check "timeout $name refuses less than $floor" \
				refused_with "$name" $((floor - 1)) "$name must be at least $floor seconds"
			;;
		esac
		check "timeout $name refuses more than a week" \
			refused_with "$name" 604801 "must be at most 604800 seconds"
	done
	check "a timeout that is refused changes nothing" equal "$(shown '')" "$before"
	check "each timeout has its default by that word" by_word
	check "G-04 timeout tcp-established warns below 7440" established_warns
	ip -n "$net-ce" link del v6plus
}

by_word() {
	# shellcheck disable=SC2046 # words
	change $(timeouts '"default"')
	times_are '$2'
}

# To a file of that name.
judge() { # SCENARIO DEV CE6 JIFFIES-A-SECOND HOST [VERDICTS]
	python3 "$test_dir/timers.py" "$net" "$2" "$3" "$br6" "$ce4" "$4" "$hz" "$5" "$1" "${@:6}" \
		>"$tmp/$1" 2>"$tmp/$1.err" || :
}

line_anew() { # [ARGUMENT...]
	ip -n "$net-ce" link del v6plus 2>/dev/null || :
	line_up sessions-max 1024 "$@"
}

judge_line() { # SCENARIO [ARGUMENT...]
	local second

	: >"$tmp/verdicts"
	for second in "${seconds[@]}"; do
		with_second "$second" line_anew "${@:2}"
		judge "$1" v6plus "$ce6" "$second" 130 "$tmp/verdicts"
		grep -q ^doubtful "$tmp/$1" || break
		cp "$tmp/$1" "$tmp/verdicts"
	done
}

# One for each case of a scenario that has been judged.
check_cases() { # SCENARIO WORDS
	local verdict name why

	while IFS=$'\t' read -r verdict name why; do
		case $verdict in
		right) pass "$name: $2" ;;
		doubtful) skip "$name: $2" "this machine is too slow to tell" ;;
		*)
			fail "$name: $2"
			diagnose <<<"$why"
			;;
		esac
	done <"$tmp/$1"
	if [[ ! -s $tmp/$1 ]]; then
		fail "$2: all of $1"
		diagnose <"$tmp/$1.err"
	fi
}

usage_is() { # SESSIONS MAPPINGS [DEV]
	equal "$(ce mape stats --dev "${3:-v6plus}" --json | jq -c '[.sessions, .mappings]')" "[$1,$2]" \
		"sessions and mappings"
}

# Nobody comes to see whether they are there.
collected() { # DEV
	wait_for 60 usage_is 0 0 "$1" || {
		ce mape session list --dev "$1"
		return 1
	}
	equal "$(ce mape mapping list --dev "$1" --json)" "[]" mappings
	ce mape port --dev "$1" --json | jq -e 'length == 6 and all(.free == .total and .mappings == 0)'
}

hole_closes() {
	cat "$tmp/hole" "$tmp/hole.err"
	(($(<"$tmp/hole") > 0 && $(<"$tmp/hole") < 59))
}

# Do it while a second lasts that many jiffies.
with_second() { # JIFFIES COMMAND [ARG...]
	local status=0

	echo "$1" >$second_file
	"${@:2}" || status=$?
	echo "$hz" >$second_file
	return $status
}

# A second device, whose NAT's time runs fastest of all.
long_up() {
	ip -n "$net-r6" route add "$ce2_prefix" via fe80::2 dev ce
	ip_in ce <<-EOT
		address add $ce2_6/128 dev wan0 preferred_lft 0
		link add long type mape dev wan0 prefix $ce2_prefix rule $rule br $br6 iid $iid filtering endpoint sessions-max 1024
		link set long up
		route add default dev long table 100
		rule add from 192.168.1.192/26 lookup 100
	EOT
}

virtual_time() {
	hz=$(<$second_file)
	with_second $long_second long_up
	judge long long "$ce2_6" $long_second 200 &
	long=$!
	judge_line changed
	check_cases changed "timeout"
	judge_line endpoint filtering endpoint
	check_cases endpoint "lives as long, and no longer"
	judge_line hole filtering endpoint
	check "S-11 nor does the hole stay open for them" hole_closes
	judge_line usual
	check_cases usual "lives as long, and no longer"
	wait $long
	check_cases long "lives as long, and no longer"
	check "D-05 all sessions, and with them the mappings, go" collected v6plus
	check "D-05 all sessions of the long lived go" collected long
}

topology D2
ends_ready
settable
if [[ -w $second_file ]]; then
	virtual_time
else
	skip "D-04 D-05 F-05 F-06 G-05 S-11 how long sessions live" "the module's time is not virtual"
fi
done_testing
