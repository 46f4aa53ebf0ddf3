#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The generic netlink family, by the tool and, where that cannot, by hand:
# lists are complete, numbers add up, who may not is refused, and so is what is
# not understood, with a sentence and without any change.

# shellcheck disable=SC2016 # jq's variables

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require mape setpriv unshare
[[ -x $test_dir/flood ]] || bail "flood is not built: make -C selftests"

genl() {
	ce python3 "$test_dir/genl.py" "$@"
}

# UDP flows from the device's inside, each of another endpoint, 200 to a peer.
flows() { # COUNT [FIRST]
	awk -v count="$1" -v first="${2:-0}" 'BEGIN {
		for (n = first; n < first + count; n++)
			print "192.168.1." 2 + int(n / 10000), 10000 + n % 10000,
				"198.51.100." 1 + int(n / 200) % 20, 7000 + int(n / 4000)
	}'
}

make_sessions() { # COUNT [FIRST]
	flows "$@" | ce "$test_dir/flood" v6plus "$1" >/dev/null
}

# But for the time each has left.
flows_of() { # [FILTER...]
	ce mape session list v6plus "$@" | sed -E 's/  [0-9]+s( |$)/\1/' | sort
}

# No session ends while it is looked for, however slow the machine is.
line_anew() { # [ARGUMENT...]
	ip -n "$net-ce" link del v6plus 2>/dev/null || :
	line_up timeout udp-new,36000 timeout tcp-syn,36000 timeout icmp,36000 "$@"
}

# All that is known of the device, but for what passes with time.
state() {
	ip -n "$net-ce" -d link show v6plus
	ce mape mapping v6plus | sed -E 's/  [0-9]+s( |$)/\1/' | sort
	ce mape forward list v6plus
	flows_of
}

unchanged() { # COMMAND...
	state >"$tmp/before"
	"$@"
	state >"$tmp/after"
	diff "$tmp/before" "$tmp/after"
}

# ------------------------------------------------------------------- lists

some_sessions() {
	line_anew reserve 4928-4930
	h1 python3 "$test_dir/flows.py" 192.168.1.2 120 80 30
	h2 python3 "$test_dir/flows.py" 192.168.1.3 60 40 30
	wait_for 5 counted_sessions 360 || bail "no 360 sessions"
	# Who happens to have that port loses it.
	ce mape forward add udp 4940 192.168.1.2:7 >/dev/null
	ce mape forward add tcp any 192.168.1.3:7 --json >"$tmp/any"
	ce mape session list --json >"$tmp/sessions"
	ce mape mapping --json >"$tmp/mappings"
}

counted_sessions() { # COUNT
	(($(shown .sessions) == $1))
}

filtered() { # JQ-CONDITION FILTER...
	ce mape session list --json "${@:2}" >"$tmp/some"
	jq -e --slurpfile all "$tmp/sessions" 'def flows: map(del(.expires, .state)) | sort;
		length > 0 and length < 360 and flows == ($all[0] | map(select('"$1"')) | flows)' "$tmp/some"
}

nobody() { # FILTER...
	equal "$(ce mape session list --json "$@")" "[]" "sessions with $*"
}

# By hand: the tool knows no port without an address.
filtered_by_port() { # ATTRIBUTE JSON-KEY
	local port

	port=$(jq ".[7].$2" "$tmp/sessions")
	genl dump v6plus GET_SESSION "$1=$(printf %04x "$port")" | tee "$tmp/dump"
	jq -e --argjson want "$(jq "map(select(.$2 == $port)) | length" "$tmp/sessions")" \
		'.errno == 0 and .entries == $want and $want > 0' "$tmp/dump"
}

all_filters_together() {
	local -A of

	eval "$(jq -r '.[9] | to_entries[] | "of[\(.key)]=\(.value)"' "$tmp/sessions")"
	ce mape session list --json --proto "${of[proto]}" --inner "${of[inner]}:${of[inner_port]}" --ext "${of[ext_port]}" \
		--remote "${of[remote]}:${of[remote_port]}" | tee "$tmp/one"
	jq -e --slurpfile all "$tmp/sessions" \
		'map(del(.expires, .state)) == [$all[0][9] | del(.expires, .state)]' "$tmp/one"
}

# An endpoint's sessions have its mapping's port unless they say otherwise.
mappings_fit_sessions() {
	jq -e --slurpfile sessions "$tmp/sessions" '
		map(select(.static | not) | {proto, inner, inner_port, ext_port, sessions}) as $mappings |
		($sessions[0] | group_by([.proto, .inner, .inner_port]) | map({
			proto: .[0].proto, inner: .[0].inner, inner_port: .[0].inner_port,
			ext_port: map(select(.eim_break | not).ext_port) | unique[0], sessions: length
		})) as $seen |
		($mappings | sort_by(.proto, .inner, .inner_port)) == $seen
		' "$tmp/mappings" || {
		cat "$tmp/sessions" "$tmp/mappings"
		return 1
	}
}

mappings_filtered() {
	ce mape mapping --proto udp --inner 192.168.1.3 --json >"$tmp/some"
	jq -e --slurpfile all "$tmp/mappings" 'length > 0 and (map(del(.expires)) | sort) ==
		($all[0] | map(select(.proto == "udp" and .inner == "192.168.1.3") | del(.expires)) | sort)' "$tmp/some"
	ce mape mapping --ext 4940 --json | tee /dev/stderr |
		jq -e 'map(select(.static)) == [{proto: "udp", inner: "192.168.1.2", inner_port: 7, ext: "192.0.2.18",
			ext_port: 4940, sessions: 0, expires: null, static: true}]'
}

# What is not free has an endpoint or is reserved, in each protocol.
ports_add_up() {
	ce mape port --json | tee "$tmp/ports"
	jq -e --slurpfile mappings "$tmp/mappings" '
		(map(.proto) | sort) == ["dccp", "icmp", "sctp", "tcp", "udp", "udplite"] and all(.[];
			.proto as $p | ($mappings[0] | map(select(.proto == $p))) as $of |
			($of | group_by(.ext_port)) as $by_port |
			.total == 240 and .reserved == 3 and .mappings == ($of | length) and
			.static == ($of | map(select(.static)) | length) and
			.shared == ($by_port | map(select(length > 1)) | length) and
			.free == 240 - 3 - ($by_port | length))
		' "$tmp/ports"
	jq -e 'map(select(.mappings > 0)) | length == 3' "$tmp/ports"
}

stats_fit() {
	ce mape stats --json | tee "$tmp/stats"
	jq -e --slurpfile sessions "$tmp/sessions" --slurpfile mappings "$tmp/mappings" '
		.sessions == ($sessions[0] | length) and .mappings == ($mappings[0] | length) and
		.sessions_max == 65536 and .sessions_per_host == 16384' "$tmp/stats"
	equal "$(jq -r '.counters | to_entries[] | "\(.key)=\(.value)"' "$tmp/stats")" "$(counters)" counters
}

forwards_listed() {
	ce mape forward list --json | tee "$tmp/forwards"
	jq -e --slurpfile any "$tmp/any" '(map({proto, ext_port, inner, inner_port}) | sort_by(.proto)) == [
		($any | flatten[0] | {proto, ext_port, inner, inner_port}),
		{proto: "udp", ext_port: 4940, inner: "192.168.1.2", inner_port: 7}]' "$tmp/forwards"
	jq -e '[.] | flatten[0] | .inner == "192.168.1.3" and .inner_port == 7 and
		.ext_port % 4096 >= 832 and .ext_port % 4096 <= 847 and .ext_port > 4930' "$tmp/any"
}

refused_with() { # WORDS COMMAND...
	refuted "${@:2}" 2>"$tmp/err"
	cat "$tmp/err"
	grep -qF -- "$1" "$tmp/err"
}

forward_twice() {
	unchanged refused_with "has a forward: delete that first" ce mape forward add udp 4940 192.168.1.9:9
	unchanged refused_with "has a forward: delete that first" ce mape forward add udp 4941 192.168.1.2:7
}

forward_deleted() {
	ce mape forward del udp 4940
	ce mape forward list --json | tee /dev/stderr | jq -e 'length == 1 and .[0].proto == "tcp"'
	refused_with "has no forward" ce mape forward del udp 4940
}

flushed() { # FILTER...
	local all some

	all=$(flows_of)
	some=$(flows_of "$@")
	ce mape session flush --json "$@" | tee /dev/stderr |
		jq -e --argjson want "$(wc -l <<<"$some")" '.removed == $want'
	equal "$(flows_of)" "$(comm -23 <(echo "$all") <(echo "$some"))" "sessions left"
	[[ $some && $some != "$all" ]]
}

flushed_all() {
	local count

	count=$(flows_of | wc -l)
	equal "$(ce mape session flush)" "Removed $count sessions."
	((count > 0))
	equal "$(flows_of)" "" "sessions left"
	equal "$(shown .sessions)" 0 sessions
	# Forwards stay.
	ce mape port --json | tee /dev/stderr | jq -e 'all(.[]; .mappings == .static and .free == 237 - .static)'
	equal "$(ce mape mapping | grep -c static)" 1 mappings
}

# In pieces as small as can be asked for.
sessions_dumped() {
	make_sessions 20000
	genl dump v6plus GET_SESSION | tee "$tmp/dump"
	jq -e '.errno == 0 and .entries == 20000 and .different == 20000 and .datagrams > 200' "$tmp/dump"
}

mappings_dumped() {
	genl dump v6plus GET_MAPPING | tee "$tmp/dump"
	jq -e '.errno == 0 and .entries == 20000 and .different == 20000 and .datagrams > 200' "$tmp/dump"
}

# Each of the flows that were sent, and none besides.
sessions_listed() {
	ce mape session list >"$tmp/list"
	diff <(flows 20000 | sort) <(awk '{
		split($2, inner, ":")
		split($6, peer, ":")
		print inner[1], inner[2], peer[1], peer[2]
	}' "$tmp/list" | sort)
	equal "$(awk '{ print $4, $6 }' "$tmp/list" | sort -u | wc -l)" 20000 "different flows outside"
}

# ------------------------------------------------------------------- rules

more_rules=('2001:db9::/40,203.0.113.0/24,12,4' 'fmr:2001:dba::/40,198.18.0.0/24,16,4')

configuration() {
	ip -n "$net-ce" -j -d link show v6plus | jq -c '.[0].linkinfo.info_data | del(.sessions)'
}

# The same by `mape rule` and by `ip`, and the flows stay as they are.
as_ip_does() {
	local before by_tool

	before=$(flows_of)
	[[ $before ]]
	ip -n "$net-ce" link set v6plus type mape rule "$own_rule"
	"$@"
	by_tool=$(configuration)
	equal "$(flows_of)" "$before" "sessions"
	ip -n "$net-ce" link set v6plus type mape rule "$own_rule"
	[[ $(configuration) != "$by_tool" ]]
	ip -n "$net-ce" link set v6plus type mape rule "$own_rule" rule "${more_rules[0]}" \
		fmr "${more_rules[1]#fmr:}"
	equal "$(configuration)" "$by_tool" configuration
	equal "$(flows_of)" "$before" "sessions"
}

rules_added() {
	ce mape rule add "${more_rules[0]}"
	ce mape rule add --fmr "${more_rules[1]#fmr:}"
}

rules_replaced() {
	ce mape rule replace "$own_rule" "${more_rules[@]}"
}

rules_deleted() {
	rules_added
	ce mape rule add 2001:dbb::/40,198.18.1.0/24,16
	ce mape rule del 2001:dbb::/40,198.18.1.0/24
}

rules_listed() {
	ce mape rule list | tee "$tmp/rules"
	equal "$(<"$tmp/rules")" "$own_rule"$'\n'"$(printf '%s\n' "${more_rules[@]}")" rules
}

rule_twice() {
	unchanged refused_with "there is one with these prefixes" ce mape rule add "$own_rule"
}

# What the tool finds wrong itself is in genl.py.
rule_refused() {
	unchanged refused_with "rules on one IPv4 address differ in PSID" \
		ce mape rule add 2001:dbc::/40,192.0.2.0/24,12
}

needed_rule_kept() {
	((${#more_rules[@]} < $(ce mape rule list | wc -l)))
	unchanged refused_with "prefix: not inside any rule" ce mape rule del "$own_rule"
}

# Of two that the prefix is in, the longer one decides (A-07).
rule_renumbers() {
	ip -n "$net-ce" link set v6plus type mape rule "$own_rule"
	[[ $(flows_of) ]]
	ce mape rule add 2001:db8:12::/48,203.0.113.1/32,0
	equal "$(shown '.ipv4')" 203.0.113.1
	equal "$(flows_of)" "" sessions
	ce mape rule del 2001:db8:12::/48,203.0.113.1/32
	equal "$(shown '.ipv4')" "$ce4"
}

as_many_as_possible() {
	genl rules v6plus 256 | tee "$tmp/257"
	grep -q '^ENOSPC rule: no more than 256' "$tmp/257"
	equal "$(ce mape rule list | sort -u | wc -l)" 256 rules
	equal "$(shown ' | .rules | length')" 256 "rules shown"
	equal "$(shown .ipv4)" "$ce4"
	ce mape rule replace "$own_rule"
	equal "$(shown ' | .rules | length')" 1 "rules shown"
}

# ---------------------------------------------------------------- bad input

bad_input() {
	local name problem

	ip_in ce <<-EOT
		link add prefix0 type mape dev wan0 prefix 2001:db8:f0::/44 rule 2001:db8::/40,192.0.2.0/24,4 br $br6
		link set prefix0 up
	EOT
	unchanged genl bad v6plus lan prefix0 >"$tmp/bad" 2>&1 || {
		tail -n 20 "$tmp/bad" | diagnose
		bail "genl.py failed, or a refused request has changed something"
	}
	while IFS='|' read -r name problem; do
		check "S-13 $name" equal "$problem" ""
	done <"$tmp/bad"
}

without_nat() {
	ce mape stats prefix0 --json | jq -e '.sessions == null and (.counters | has("rx_malformed"))'
	equal "$(ce mape rule list prefix0)" 2001:db8::/40,192.0.2.0/24,4,6
	refused_with "the device has no NAT" ce mape session list prefix0
	refused_with "the device has no NAT" ce mape port prefix0
}

# --------------------------------------------------------------- privileges

nobody_in_ce() {
	ce setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

anyone_may() { # COMMAND...
	nobody_in_ce "$@" >"$tmp/got"
	diff "$tmp/got" <(ce "$@")
	[[ -s $tmp/got ]]
}

only_admin_may() { # COMMAND...
	refused_with "no permission" nobody_in_ce "$@"
	# Root of a user namespace, but not of the one that the network is of.
	refused_with "no permission" ce unshare --user --map-root-user "$@"
}

# All that needs a namespace's admin, by one who is nobody outside.
own_namespace() {
	cat >"$tmp/own.sh" <<-EOT
		set -ex
		ip link set lo up
		ip link add v6plus type mape prefix $prefix rule $rule br $br6 iid $iid
		ip link set v6plus up
		mape session list --json | grep -qx '\[\]'
		mape session flush
		mape forward add udp 4929 192.168.1.2:7
		mape mapping | grep -q static
		mape forward del udp 4929
		mape rule add ${more_rules[0]}
		mape rule list | grep -c . | grep -qx 2
		mape stats
	EOT
	chmod 755 "$tmp"
	setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user --net bash "$tmp/own.sh"
}

# ------------------------------------------------------------------- events

monitor_start() {
	ip netns exec "$net-ce" mape monitor --json >"$tmp/events" &
	wait_for 10 monitor_listens || bail "the monitor does not listen"
}

# Which sockets listen to groups of generic netlink, protocol 16.
monitor_listens() {
	ce awk '$2 == 16 && $4 != "00000000" { ok = 1 } END { exit !ok }' /proc/net/netlink
}

events() { # JQ-CONDITION
	jq -c "select($1)" "$tmp/events"
}

one_peer() { # FLOWS FIRST
	awk -v n="$1" -v first="$2" 'BEGIN { while (n--) print "192.168.1.2", first + n, "198.51.100.9", 9 }' |
		ce "$test_dir/flood" v6plus "$1" >/dev/null
}

exhausted_at_least() { # COUNT
	(($(events '.event == "exhausted"' | wc -l) >= $1))
}

exhausted_event() {
	local begin=$SECONDS count

	counters_mark
	one_peer 240 20000
	one_peer 100 30000
	wait_for 5 exhausted_at_least 1
	sleep 1.2
	one_peer 100 40000
	wait_for 5 exhausted_at_least 2
	counted port_exhausted=200
	count=$(events '.event == "exhausted"' | wc -l)
	cat "$tmp/events"
	# One a second: no more than seconds have begun.
	((count <= SECONDS - begin + 2))
	events 'true' | jq -se 'unique == [{event: "exhausted", ifname: "v6plus", proto: "udp",
		remote: "198.51.100.9", remote_port: 9}]'
}

address_event() {
	local before

	before=$(wc -l <"$tmp/events")
	# Nothing of this concerns the address.
	ip -n "$net-ce" link set v6plus type mape hoplimit 33 rule "$own_rule" rule "${more_rules[0]}"
	ip -n "$net-ce" link set v6plus type mape prefix "$ce2_prefix"
	ip -n "$net-ce" link set v6plus type mape prefix "$prefix"
	wait_for 5 address_events_are 2
	cat "$tmp/events"
	equal "$(wc -l <"$tmp/events")" $((before + 2)) events
	events '.event == "address"' | jq -se '. == [
		{event: "address", ifname: "v6plus", ipv4: "'"$ce4"'", ipv4_prefix_len: 32, psid: '"$ce2_psid"',
			psid_len: 8, ce_ipv6: "'"$ce2_6"'"},
		{event: "address", ifname: "v6plus", ipv4: "'"$ce4"'", ipv4_prefix_len: 32, psid: '"$psid"',
			psid_len: 8, ce_ipv6: "'"$ce6"'"}]'
}

address_events_are() { # COUNT
	(($(events '.event == "address"' | wc -l) == $1))
}

# --------------------------------------------------------------- disturbed

# Half of a dump has been read when the device goes.
device_gone_in_between() {
	local reader writer

	line_anew
	make_sessions 3000
	mkfifo "$tmp/torn.in" "$tmp/torn.out"
	genl torn v6plus <"$tmp/torn.in" >"$tmp/torn.out" &
	exec {writer}>"$tmp/torn.in" {reader}<"$tmp/torn.out"
	read -r -t 30 -u "$reader" line
	equal "$line" begun
	ip -n "$net-ce" link del v6plus
	echo >&"$writer"
	read -r -t 30 -u "$reader" line
	equal "$line" ENODEV "end of the dump"
}

list_forever() { # COMMAND
	while :; do
		ce mape "$1" list v6plus || :
	done >"$tmp/$1s" 2>"$tmp/$1s.errors"
}

# Lists are read all the time, while sessions come and go with the device.
disturbed() {
	local lists=() n

	list_forever session & lists+=($!)
	list_forever mapping & lists+=($!)
	for n in 1 2; do
		line_anew
		make_sessions 1000
		ce mape session flush --inner 192.168.1.2:$((10000 + n)) >/dev/null
		make_sessions 1000 1000
		ce mape session flush >/dev/null
		make_sessions 1000
		ip -n "$net-ce" link set v6plus type mape prefix "$ce2_prefix"
		ip -n "$net-ce" link set v6plus type mape prefix "$prefix"
		make_sessions 1000
	done
	kill "${lists[@]}"
	wait "${lists[@]}" || :
	equal "$(flows_of | wc -l)" 1000 sessions
	grep -q '^udp .* -> ' "$tmp/sessions"
	grep -q '^udp .* -> ' "$tmp/mappings"
	# No other complaint than that there is no device.
	refuted grep -vEi 'no such|no device' "$tmp/sessions.errors" "$tmp/mappings.errors"
}

topology D2
# The offset that `ip` takes for granted is not that of a draft-03 device.
own_rule=$rule,$psid_offset
ip -n "$net-r6" -6 route replace blackhole "$br6/128"

some_sessions
check "genl sessions of a protocol" filtered '.proto == "tcp"' --proto tcp
check "genl sessions of a protocol by number" filtered '.proto == "icmp"' --proto 1
check "genl sessions of a host" filtered '.inner == "192.168.1.3"' --inner 192.168.1.3
check "genl sessions of an endpoint" filtered '.inner == "192.168.1.2" and .inner_port == 1024' \
	--inner 192.168.1.2:1024
check "genl sessions by an external port" filtered '.ext_port == '"$(jq '.[3].ext_port' "$tmp/sessions")" \
	--ext "$(jq '.[3].ext_port' "$tmp/sessions")"
check "genl sessions with a peer's address" filtered '.remote == "198.51.100.5"' --remote 198.51.100.5
check "genl sessions with a peer" filtered '.remote == "198.51.100.5" and .remote_port == 8000' \
	--remote 198.51.100.5:8000
check "genl sessions by an inner port" filtered_by_port INNER_PORT inner_port
check "genl sessions by a peer's port" filtered_by_port REMOTE_PORT remote_port
check "genl sessions by several at once" filtered \
	'.proto == "udp" and .inner == "192.168.1.2" and .remote == "198.51.100.7"' \
	--proto udp --inner 192.168.1.2 --remote 198.51.100.7
check "genl a session by all of it" all_filters_together
check "genl no session by what none has" nobody --ext 80
check "genl no session by what none has together" nobody --proto icmp --remote 198.51.100.5:8000
check "genl mappings are those of the sessions" mappings_fit_sessions
check "genl mappings by filter" mappings_filtered
check "genl port use adds up" ports_add_up
check "genl stats" stats_fit
check "J-06 forwards" forwards_listed
check "J-06 one forward a port, and an endpoint" forward_twice
check "J-06 a forward is deleted once" forward_deleted
check "genl sessions removed by filter" flushed --proto udp --inner 192.168.1.2
check "genl sessions removed by peer" flushed --remote 198.51.100.5
check "genl all sessions removed" flushed_all

make_sessions 50
check "genl more rules, as by ip" as_ip_does rules_added
check "genl rules replaced, as by ip" as_ip_does rules_replaced
check "genl rules removed, as by ip" as_ip_does rules_deleted
check "genl rules listed as they can be given" rules_listed
check "genl a rule there is, is refused" rule_twice
check "genl a rule that does not fit the others is refused" rule_refused
check "genl the rule the device lives by cannot be removed" needed_rule_kept
check "A-07 A-18 a rule that changes the address ends the sessions" rule_renumbers
check "genl 256 rules, and not one more" as_many_as_possible

line_anew
check "genl 20000 sessions are dumped, each once" sessions_dumped
check "genl 20000 sessions are those that were made" sessions_listed
check "genl 20000 mappings are dumped, each once" mappings_dumped

line_anew
make_sessions 10
ce mape forward add udp 4930 192.168.1.9:9 >/dev/null
bad_input
check "genl what there is without NAT, and what not" without_nat
ip -n "$net-ce" link del prefix0

check "S-13 anyone may read the counters" anyone_may mape stats --json
check "S-13 anyone may read the port use" anyone_may mape port --json
check "S-13 anyone may read the rules" anyone_may mape rule list --json
state >"$tmp/before"
for command in "session list" "mapping list" "forward list" "session flush" "monitor" \
	"forward add udp 4929 192.168.1.2:7" "forward del udp 4930" "rule add ${more_rules[0]}" \
	"rule del $rule" "rule replace $rule ${more_rules[0]}"; do
	# shellcheck disable=SC2086 # words
	check "S-13 S-15 only the network's admin may: mape $command" only_admin_may mape $command
done
check "S-13 nothing was changed by who may not" diff "$tmp/before" <(state)
check "S-13 the admin of a namespace of its own may" own_namespace

line_anew
monitor_start
check "D-11 an event a second that ports are exhausted" exhausted_event
check "A-18 an event for another address or port set, and only then" address_event
check "genl a dump ends when its device goes" device_gone_in_between
check "genl lists while sessions and device come and go" disturbed
done_testing
