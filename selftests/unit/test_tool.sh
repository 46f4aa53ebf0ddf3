#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The tool `mape`, as far as it goes without the kernel module: `calculate`,
# every refusal, and the exact commands of `up`. TAP; MAPE names the binary,
# MAPE_ROOT the directory it was built to take for / (see Makefile).
#
# What changes addresses runs in a network namespace of its own, with a stand-in
# for `ip` that has no kernel behind `type mape`.

here=$(cd "$(dirname "$0")" && pwd)
mape=$(realpath "${MAPE:-$here/../../tools/mape}")
rules=$here/../../tools/data/rules.json
wan=240b:12:3456:7800:a:100:2000:3000
ce=240b:12:3456:7800:e:834:5600:7800
br=2404:9200:225:100::64
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export MAPE_RULES=$rules
n=0

result() { # STATUS NAME
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" || echo "not ok $n - $2"
}

show() { # a difference, as TAP comment
	diff -u "$1" "$2" | sed 's/^/# /'
}

run() { # COMMAND...: leaves $dir/out, $dir/err, $status
	"$@" >"$dir/out" 2>"$dir/err"
	status=$?
}

# name, exit status, stdout exactly, command...
prints() {
	local name=$1 want=$2

	printf '%s\n' "$3" >"$dir/want"
	[ -n "$3" ] || : >"$dir/want"
	shift 3
	run "$@"
	[ "$status" = "$want" ] && cmp -s "$dir/want" "$dir/out" &&
		[ ! -s "$dir/err" ]
	local bad=$?
	[ $bad = 0 ] || { echo "# status $status"; show "$dir/want" "$dir/out"; }
	[ $bad = 0 ] || sed 's/^/# /' "$dir/err"
	result $bad "$name"
}

# name, lines that stdout must have, command...
has() {
	local name=$1 lines=$2 line bad=0

	shift 2
	run "$@"
	[ "$status" = 0 ] || bad=1
	while IFS= read -r line; do
		grep -qxF -e "$line" "$dir/out" && continue
		echo "# no line \"$line\""
		bad=1
	done <<<"$lines"
	[ $bad = 0 ] || sed 's/^/# /' "$dir/out" "$dir/err"
	result $bad "$name"
}

# name, exit status, part of the one sentence, command...
refuses() {
	local name=$1 want=$2 sentence=$3 bad=0

	shift 3
	run "$@"
	[ "$status" = "$want" ] || bad=1
	[ "$(wc -l <"$dir/err")" = 1 ] || bad=1
	[ -s "$dir/out" ] && bad=1
	grep -q '^mape: ' "$dir/err" || bad=1
	grep -qF -e "$sentence" "$dir/err" || bad=1
	[ $bad = 0 ] || echo "# status $status, expected $want: $sentence"
	[ $bad = 0 ] || sed 's/^/# /' "$dir/out" "$dir/err"
	result $bad "$name"
}

test_seed_example() {
	prints "the well-known example" 0 \
"IPv4 Addr (CE IPv4 Address): 14.8.52.86
CE IPv6 Addr: $ce
Port Ranges: 6016-6031, 10112-10127, 14208-14223, 18304-18319, 22400-22415, 26496-26511, 30592-30607, 34688-34703, 38784-38799, 42880-42895, 46976-46991, 51072-51087, 55168-55183, 59264-59279, 63360-63375
PSID: 120
PSID Length: 8
PSID Offset: 4
Ports: 240 in 15 ranges of 16
Border Relay Address (BR Address): $br
End-user Prefix: 240b:12:3456:7800::/64
Rule: 240b:12::/31,14.8.0.0/15,25,4
Interface Identifier: draft03
Service: v6plus (JPIX v6 Plus)
Confidence: B (several independent public tables agree)
Source: $rules" "$mape" calculate $wan

	prints "the well-known example as JSON" 0 \
"{\"ipv4\": \"14.8.52.86\", \"ipv4_prefix_len\": 32, \"ce_ipv6\": \"$ce\", \"psid\": 120, \"psid_len\": 8, \"psid_offset\": 4, \"port_count\": 240, \"ports\": [[6016, 6031], [10112, 10127], [14208, 14223], [18304, 18319], [22400, 22415], [26496, 26511], [30592, 30607], [34688, 34703], [38784, 38799], [42880, 42895], [46976, 46991], [51072, 51087], [55168, 55183], [59264, 59279], [63360, 63375]], \"br\": [\"$br\"], \"iid\": \"draft03\", \"rule\": {\"ipv6\": \"240b:12::/31\", \"ipv4\": \"14.8.0.0/15\", \"ea_len\": 25, \"fmr\": false}, \"source\": \"$rules\", \"service\": \"v6plus\", \"confidence\": \"B\"}" \
		"$mape" calculate --json $wan

	prints "every address of the /64 is the same line" 0 \
		"$("$mape" calculate $wan)" \
		"$mape" calculate 240b:12:3456:7800::/64
}

# Every row of vectors.tsv, its rule given on the command line.
test_vectors() {
	local id prefix rule6 rule4 ea offset psid iid v4 want_psid len ce6 rest
	local ranges count more

	while IFS=$'\t' read -r id prefix rule6 rule4 ea offset psid iid v4 \
			want_psid len ce6 ranges rest count; do
		more=()
		[ "$psid" = - ] || more=(--psid "${psid#psid=}")
		[ "$iid" = rfc ] && iid=rfc7597 || iid=draft03
		[ "$len" = 0 ] && want_psid=none
		has "vector $id" \
"IPv4 Addr (CE IPv4 Address): $v4
CE IPv6 Addr: $ce6
PSID: $want_psid
Interface Identifier: $iid" "$mape" calculate "$prefix" --iid "$iid" \
			--rule "$rule6,$rule4,$ea,$offset" "${more[@]}"
		if [ "$ranges" = all ]; then
			grep -qx 'Port Ranges: all' "$dir/out"
		else
			grep -q "^Port Ranges: ${ranges%%[,.]*}" "$dir/out" &&
				grep -q "^Port Ranges: .*${ranges##*[,.]}\$" "$dir/out" &&
				grep -q "^Ports: $count in " "$dir/out"
		fi
		result $? "vector $id, ports"
	done < <(tail -n +2 "$here/vectors.tsv")
}

test_calculate_forms() {
	local rule=2001:db8::/40,192.0.2.0/24

	has "an IPv4 prefix has its length" "IPv4 Addr (CE IPv4 Address): 192.0.2.240/28
CE IPv6 Addr: 2001:db8:f0::c000:2f0:0
Port Ranges: all
PSID: none
Border Relay Address (BR Address): none
Source: command line" "$mape" calculate 2001:db8:f0::/44 --rule $rule,4
	has "default offset is 6 (A-02)" "PSID Offset: 6
Interface Identifier: rfc7597
Rule: 2001:db8::/40,192.0.2.0/24,16,6" "$mape" calculate 2001:db8:12:3400::/56 --rule $rule,16
	has "default offset is 4 with draft03 (A-02)" "PSID Offset: 4
CE IPv6 Addr: 2001:db8:12:3400:c0:2:1200:3400" "$mape" calculate 2001:db8:12:3400::/56 --rule $rule,16 --iid draft03
	has "the longest rule decides (A-07)" "Rule: 2001:db8:12::/48,198.51.100.1/32,8,6" \
		"$mape" calculate 2001:db8:12:3400::/56 --rule $rule,16 \
		--rule 2001:db8:12::/48,198.51.100.1/32,8
	has "border relays are all told" "Border Relay Address (BR Address): 2001:db8:ffff::1, 2001:db8:ffff::2" \
		"$mape" calculate 2001:db8:12:3400::/56 --rule $rule,16 \
		--br 2001:db8:ffff::1 --br 2001:db8:ffff:0::2
	has "--br goes before the file's" "Border Relay Address (BR Address): 2001:db8:ffff::1" \
		"$mape" calculate $wan --br 2001:db8:ffff::1
	has "--iid goes before the file's" "CE IPv6 Addr: 240b:12:3456:7800:0:e08:3456:78" \
		"$mape" calculate $wan --iid rfc7597
	prints "unshared address as JSON" 0 \
'{"ipv4": "192.0.2.18", "ipv4_prefix_len": 32, "ce_ipv6": "2001:db8:12::c000:212:0", "psid": 0, "psid_len": 0, "psid_offset": 6, "port_count": 65536, "ports": [], "br": [], "iid": "rfc7597", "rule": {"ipv6": "2001:db8::/40", "ipv4": "192.0.2.0/24", "ea_len": 8, "fmr": true}, "source": "command line"}' \
		"$mape" calculate 2001:db8:12::/48 --fmr $rule,8 --json
}

test_services() {
	has "OCN" "IPv4 Addr (CE IPv4 Address): 153.187.3.137
Border Relay Address (BR Address): 2001:380:a120::9
Service: ocn (OCN Virtual Connect)" "$mape" calculate 2400:4151:80e2:7500::/56
	has "BIGLOBE, first relay" "IPv4 Addr (CE IPv4 Address): 125.196.208.0
Border Relay Address (BR Address): 2001:260:700:1::1:275" "$mape" calculate 2404:7a82:0:3400::/56
	has "BIGLOBE, second relay" "IPv4 Addr (CE IPv4 Address): 133.204.136.0
Border Relay Address (BR Address): 2001:260:700:1::1:276" "$mape" calculate 2404:7a86:800:3400::/56
	has "NURO, not confirmed" "Confidence: C (one table only, unconfirmed on a line)" \
		"$mape" calculate 240d:f:1234:5600::/56
}

test_bad_lines() {
	local p=2001:db8:12:3400::/56 r6=2001:db8::/40 r4=192.0.2.0/24

	refuses "unknown prefix" 1 "no rule for 2001:db8::/64 in $rules: the line may be DS-Lite or another service; if its MAP-E rule is known, give it with --rule" \
		"$mape" calculate 2001:db8::1
	refuses "prefix shorter than rule and EA bits" 1 "prefix is shorter than the rule's IPv6 prefix and EA bits" \
		"$mape" calculate 2001:db8:12::/48 --rule $r6,$r4,16
	refuses "prefix shorter than the rule alone" 1 "prefix is shorter than" \
		"$mape" calculate 2001::/16 --rule $r6,$r4,16
	refuses "prefix shorter, rule from the file" 1 "prefix is shorter than" \
		"$mape" calculate 240b:12::/40
	refuses "EA length 49" 1 "EA length must be 0 to 48" \
		"$mape" calculate $p --rule $r6,$r4,49
	refuses "a + k > 16" 1 "PSID offset and PSID length are more than 16 bits" \
		"$mape" calculate $p --rule $r6,$r4,16,9
	refuses "a + k > 16, explicit PSID" 1 "PSID offset and PSID length are more than 16 bits" \
		"$mape" calculate $p --rule $r6,192.0.2.18/32,0,9 --psid 1/8
	refuses "PSID >= 2^k" 1 "does not fit its length" \
		"$mape" calculate $p --rule $r6,192.0.2.18/32,0 --psid 256/8
	refuses "explicit PSID and EA bits" 1 "only with a rule of EA length 0" \
		"$mape" calculate $p --rule $r6,$r4,16 --psid 1/8
	refuses "BR is the own address" 1 "is this line's own CE address" \
		"$mape" calculate $wan --br $ce
	refuses "rule outside the prefix" 1 "$p is outside the IPv6 prefix of the rule" \
		"$mape" calculate $p --rule 2001:db9::/40,$r4,16
	refuses "bits behind the rule's prefix" 1 "IPv6 prefix has bits set behind its length" \
		"$mape" calculate $p --rule 2001:db8::1/40,$r4,16
	refuses "two sharings of one address (A-04)" 1 "rules on one IPv4 address differ in PSID offset or length" \
		"$mape" calculate $p --rule $r6,$r4,16 --rule 2001:db9::/40,$r4,16,4
	refuses "half a rule" 1 "expected V6PREFIX,V4PREFIX,EALEN[,OFFSET]" \
		"$mape" calculate $p --rule $r6,$r4
}

test_bad_usage() {
	refuses "unknown command" 1 'unknown command "frobnicate"' "$mape" frobnicate
	refuses "unknown option" 1 "calculate: unknown option --frob" "$mape" calculate $wan --frob
	refuses "unknown short option" 1 "calculate: unknown option -x" "$mape" calculate -x $wan
	refuses "option without value" 1 "calculate: --rule needs a value" "$mape" calculate $wan --rule
	refuses "value for a switch" 1 "takes no value" "$mape" calculate $wan --json=1
	refuses "option of a later version" 1 "up: unknown option --reserve" "$mape" up --wan lo --reserve 80
	refuses "no prefix" 1 "which IPv6 address or prefix?" "$mape" calculate
	refuses "IPv4 for a prefix" 1 '"192.0.2.1" is not an IPv6 address or prefix' "$mape" calculate 192.0.2.1
	refuses "one operand too many" 1 'unexpected "::2"' "$mape" calculate ::1 ::2
	refuses "iid" 1 "expected rfc7597 or draft03" "$mape" calculate $wan --iid draft3
	refuses "br" 1 "not an IPv6 address" "$mape" calculate $wan --br 192.0.2.1
	refuses "device name" 1 "is not a device name" "$mape" show "a b"
	refuses "up without --wan" 1 "Give --wan IF" "$mape" up
	refuses "up, no such interface" 1 "no such interface: wan9" "$mape" up --wan wan9
	refuses "down, no such interface" 1 "no such interface: mape9" "$mape" down --dev mape9
	refuses "show, no such interface" 1 "no such interface: mape9" "$mape" show mape9
	refuses "show, another kind" 1 "lo is not a device of type mape" "$mape" show lo
	refuses "down, another kind" 1 "lo is not a device of type mape" "$mape" down --dev lo
	refuses "a verb of another command" 1 "no such interface: flush" "$mape" mapping flush
	refuses "output cannot be written" 2 "cannot write" sh -c "'$mape' help >/dev/full"
}

test_help() {
	local command

	has "--help" "Usage: mape COMMAND [ OPTIONS ]" "$mape" --help
	has "help" "Usage: mape COMMAND [ OPTIONS ]" "$mape" help
	for command in calculate up down show session mapping port forward \
			rule stats monitor; do
		run "$mape" $command --help
		[ $status = 0 ] && grep -q "^Usage: mape $command" "$dir/out" &&
			[ ! -s "$dir/err" ]
		result $? "$command --help"
	done
	run "$mape" --version
	[ $status = 0 ] && grep -qx 'mape [0-9][0-9.]*' "$dir/out"
	result $? "--version"
	run "$mape"
	[ $status = 1 ] && [ ! -s "$dir/out" ] && grep -q ^Usage "$dir/err"
	result $? "no command: usage on stderr, status 1"
}

# What is refused before the kernel is asked. lo is a device of another kind, so
# a command line that is fine would be refused for that.
test_bad_nat_usage() {
	local rule=2001:db8::/40,192.0.2.0/24,16 kind="lo is not a device of type mape"
	local command

	for command in session mapping port forward rule stats monitor; do
		refuses "$command, another kind" 1 "$kind" "$mape" $command lo
		refuses "$command, another kind, JSON" 1 "$kind" "$mape" $command --dev lo --json
		refuses "$command, no such interface" 1 "no such interface: mape9" "$mape" $command mape9
		refuses "$command, device name" 1 '"a/b" is not a device name' "$mape" $command --dev a/b
		refuses "$command, one operand too many" 1 "$command: unexpected \"b\"" "$mape" $command lo b
		refuses "$command, device twice" 1 "$command: a device twice: lo and v6plus" "$mape" $command v6plus --dev lo
		refuses "$command, unknown option" 1 "$command: unknown option --frob" "$mape" $command --frob
	done
	refuses "session flush, another kind" 1 "$kind" "$mape" session flush lo
	for command in session mapping "session flush"; do
		# shellcheck disable=SC2086 # two words
		set -- $command
		refuses "$command, a good filter" 1 "$kind" "$mape" "$@" lo --proto udplite --inner 192.0.2.1:1 --ext 65535
		refuses "$command, bad protocol" 1 '--proto: unknown protocol "tpc"' "$mape" "$@" --proto tpc
		refuses "$command, bad protocol number" 1 '--proto: unknown protocol "256"' "$mape" "$@" --proto 256
		refuses "$command, bad port" 1 '--ext: "65536" is not a port' "$mape" "$@" --ext 65536
		refuses "$command, no port" 1 '--ext: "" is not a port' "$mape" "$@" --ext ""
		refuses "$command, bad address" 1 '--inner: "192.0.2" is not ADDR or ADDR:PORT' "$mape" "$@" --inner 192.0.2
		refuses "$command, IPv6 address" 1 '--inner: "::1" is not ADDR or ADDR:PORT' "$mape" "$@" --inner ::1
		refuses "$command, option without value" 1 "--proto needs a value" "$mape" "$@" --proto
	done
	refuses "session, bad remote" 1 '--remote: "192.0.2.1:http" is not ADDR or ADDR:PORT' "$mape" session --remote 192.0.2.1:http
	refuses "mapping has no remote" 1 "mapping: unknown option --remote" "$mape" mapping --remote 192.0.2.1
	refuses "forward has no filter" 1 "forward: unknown option --proto" "$mape" forward --proto tcp

	refuses "forward add, as it should be" 1 "$kind" "$mape" forward add --dev lo tcp 6020 192.0.2.1:80
	refuses "forward add, same port" 1 "$kind" "$mape" forward add tcp 6020 192.0.2.1 --dev lo --json
	refuses "forward add, any port" 1 "$kind" "$mape" forward add --dev lo 17 any 192.0.2.1:80
	refuses "forward add any without port" 1 "Give 192.0.2.1:PORT" "$mape" forward add --dev lo tcp any 192.0.2.1
	refuses "forward add, nothing" 1 "forward add: expected PROTO { PORT | any } ADDR[:PORT]" "$mape" forward add
	refuses "forward add, device as operand" 1 "expected [ --dev DEV ] PROTO" "$mape" forward add lo tcp 6020 192.0.2.1
	refuses "forward add, bad protocol" 1 'unknown protocol "tpc"' "$mape" forward add tpc 6020 192.0.2.1
	refuses "forward add, bad port" 1 '"0" is not a port' "$mape" forward add tcp 0 192.0.2.1
	refuses "forward add, bad address" 1 '"host" is not ADDR or ADDR:PORT' "$mape" forward add tcp 6020 host
	refuses "forward del, as it should be" 1 "$kind" "$mape" forward del --dev lo tcp 6020
	refuses "forward del, no port" 1 "forward del: expected PROTO PORT" "$mape" forward del tcp
	refuses "forward del any" 1 '"any" is not a port' "$mape" forward del tcp any

	refuses "rule add, as it should be" 1 "$kind" "$mape" rule add --dev lo $rule --fmr
	refuses "rule add, two" 1 "rule add: unexpected \"$rule,6\"" "$mape" rule add $rule $rule,6
	refuses "rule add, half a rule" 1 "expected V6PREFIX,V4PREFIX,EALEN[,OFFSET]" "$mape" rule add 2001:db8::/40,192.0.2.0/24
	refuses "rule add, impossible" 1 "EA length must be 0 to 48" "$mape" rule add 2001:db8::/40,192.0.2.0/24,49
	refuses "rule del, prefixes alone" 1 "$kind" "$mape" rule del --dev lo 2001:db8::/40,192.0.2.0/24
	refuses "rule del --fmr" 1 "rule del: --fmr is for add" "$mape" rule del --fmr $rule
	refuses "rule replace, as it should be" 1 "$kind" "$mape" rule replace --dev lo $rule fmr:$rule,6
	refuses "rule replace, nothing" 1 "rule replace: expected" "$mape" rule replace
	refuses "rule replace, one is bad" 1 "fmr:2001:db8::/40: rule: expected" "$mape" rule replace $rule fmr:2001:db8::/40
}

test_no_module() {
	local command

	for command in session mapping port forward rule stats "session flush" \
			"forward add tcp 6020 192.0.2.1" "forward del tcp 6020" \
			"rule add 2001:db8::/40,192.0.2.0/24,16" \
			"rule del 2001:db8::/40,192.0.2.0/24"; do
		# shellcheck disable=SC2086 # several words
		refuses "$command, no device" 1 "there is no device of type mape" \
			in_namespace "$mape" $command
	done
	if [ -e /sys/module/mape ]; then
		n=$((n + 1))
		echo "ok $n - monitor without the module # SKIP it is loaded"
	else
		refuses "monitor without the module" 2 \
			"the module mape is not loaded, or too old" "$mape" monitor
	fi
}

rule_file() { # FILE BR
	cat >"$1" <<-END
	{ "services": [ { "name": "mine", "iid": "rfc7597", "rules": [
	  { "ipv6": "240b:12::/31", "ipv4": "14.8.0.0/15", "ea_len": 25,
	    "psid_offset": 4, "br": ["$2"] } ] } ] }
	END
}

# --rules, then the environment, then /etc, then the file installed.
test_rule_file_order() {
	local root=$MAPE_ROOT

	if [ -z "$root" ]; then
		n=$((n + 1))
		echo "ok $n - order of rule files # SKIP no MAPE_ROOT"
		return
	fi
	mkdir -p "$root/etc/mape" "$root/share/mape"
	rule_file "$dir/option.json" 2001:db8::1
	rule_file "$dir/environment.json" 2001:db8::2
	rule_file "$root/etc/mape/rules.json" 2001:db8::3
	rule_file "$root/share/mape/rules.json" 2001:db8::4
	MAPE_RULES=$dir/environment.json has "--rules goes before all" \
"Border Relay Address (BR Address): 2001:db8::1
Service: mine
Source: $dir/option.json" "$mape" calculate $wan --rules "$dir/option.json"
	MAPE_RULES=$dir/environment.json has "then the environment" \
"Border Relay Address (BR Address): 2001:db8::2
Source: $dir/environment.json" "$mape" calculate $wan
	MAPE_RULES='' has "then /etc" \
"Border Relay Address (BR Address): 2001:db8::3" "$mape" calculate $wan
	rm "$root/etc/mape/rules.json"
	MAPE_RULES='' has "then the file installed" \
"Border Relay Address (BR Address): 2001:db8::4" "$mape" calculate $wan
	rm "$root/share/mape/rules.json"
}

bad_file() { # NAME SENTENCE TEXT
	printf '%s\n' "$3" >"$dir/bad.json"
	refuses "rule file: $1" 1 "$dir/bad.json$2" \
		"$mape" calculate $wan --rules "$dir/bad.json"
}

test_bad_rule_file() {
	local start='{"services": [{"name": "x", "iid": "draft03", "rules": ['
	local rule='"ipv6": "240b:12::/31", "ipv4": "14.8.0.0/15"'

	refuses "rule file: absent" 1 "/nowhere.json: No such file" \
		"$mape" calculate $wan --rules /nowhere.json
	refuses "rule file: a directory" 1 "$dir" "$mape" calculate $wan --rules "$dir"
	bad_file "empty" ":2: " ""
	bad_file "bad JSON, with its line" ":3: " "{
\"services\": [
}"
	bad_file "no services" ': no list "services"' "[]"
	bad_file "no iid" ": service x: " '{"services": [{"name": "x", "rules": []}]}'
	bad_file "bad iid" ": service x: iid" '{"services": [{"name": "x", "iid": "y", "rules": []}]}'
	bad_file "a service that is none" ": service ?: " '{"services": [1]}'
	bad_file "no offset" ": service x, rule 1: " "$start{$rule, \"ea_len\": 25, \"br\": []}]}]}"
	bad_file "EA length 49" ": service x, rule 2: rule: EA length" \
		"$start{$rule, \"ea_len\": 25, \"psid_offset\": 4, \"br\": []}, {$rule, \"ea_len\": 49, \"psid_offset\": 4, \"br\": []}]}]}"
	bad_file "negative number" ": service x, rule 1: rule: EA length" \
		"$start{$rule, \"ea_len\": -1, \"psid_offset\": 4, \"br\": []}]}]}"
	bad_file "bad br" ": service x, rule 1: br: not an IPv6 address" \
		"$start{$rule, \"ea_len\": 25, \"psid_offset\": 4, \"br\": [\"::x\"]}]}]}"
	bad_file "nine brs" ": service x, rule 1: br: more than 8" \
		"$start{$rule, \"ea_len\": 25, \"psid_offset\": 4, \"br\": [1,2,3,4,5,6,7,8,9]}]}]}"
}

test_dry_run() {
	local line="dev lo prefix 240b:12:3456:7800::/64 rule 240b:12::/31,14.8.0.0/15,25,4 br $br iid draft03"

	prints "up --dry-run" 0 \
"ip link add v6plus type mape $line
ip link set v6plus up
ip -6 address replace $ce/128 dev lo preferred_lft 0 noprefixroute
ip route replace default dev v6plus" "$mape" up --wan lo $wan --dry-run
	prints "up --dry-run, its options" 0 \
"ip link add m0 type mape $line
ip link set m0 up
ip -6 address replace $ce/128 dev lo preferred_lft 0 noprefixroute" \
		"$mape" up --wan lo --dev m0 --dry-run --no-default-route $wan
	prints "up --dry-run, an address that is not shared" 0 \
"ip link add v6plus type mape dev lo prefix 2001:db8:12::/48 rule 2001:db8::/40,192.0.2.0/24,8,6 br 2001:db8:ffff::1 iid rfc7597
ip link set v6plus up
ip -6 address replace 2001:db8:12::c000:212:0/128 dev lo preferred_lft 0 noprefixroute
ip address replace 192.0.2.18/32 dev v6plus
ip route replace default dev v6plus" \
		"$mape" up --wan lo --dry-run --add-ipv4-addr 2001:db8:12::/48 \
		--rule 2001:db8::/40,192.0.2.0/24,8 --br 2001:db8:ffff::1
	prints "up --dry-run, everything by hand" 0 \
"ip link add v6plus type mape dev lo prefix 2001:db8:12:3400::/56 rule 2001:db8:12:3400::/56,192.0.2.18/32,0,6 fmr 2001:db8::/40,192.0.2.0/24,16,6 br 2001:db8:ffff::1 br 2001:db8:ffff::2 psid 52/8 iid rfc7597
ip link set v6plus up
ip -6 address replace 2001:db8:12:3400:0:c000:212:34/128 dev lo preferred_lft 0 noprefixroute
ip route replace default dev v6plus" \
		"$mape" up --wan lo 2001:db8:12:3400::/56 --dry-run --psid 0x34/8 \
		--rule 2001:db8:12:3400::/56,192.0.2.18/32,0 \
		--fmr 2001:db8::/40,192.0.2.0/24,16 \
		--br 2001:db8:ffff::1 --br 2001:db8:ffff::2
	refuses "up without border relay" 1 "give it with --br" "$mape" up --wan lo --dry-run \
		2001:db8:12:3400::/56 --rule 2001:db8::/40,192.0.2.0/24,16
	refuses "up --add-ipv4-addr with a prefix" 1 "the line has the IPv4 prefix 192.0.2.240/28" \
		"$mape" up --wan lo --dry-run --add-ipv4-addr \
		2001:db8:f0::/44 --rule 2001:db8::/40,192.0.2.0/24,4 --br 2001:db8:ffff::1
	refuses "up, device is the WAN" 1 "--dev and --wan are both lo" "$mape" up --wan lo --dev lo
	refuses "up, BR is the own address" 1 "own CE address" "$mape" up --wan lo $wan --br $ce --dry-run
	refuses "up, unknown prefix" 1 "no rule for" "$mape" up --wan lo 2001:db8::1 --dry-run
}

# A stand-in for `ip`: writes down what it is asked, does what concerns lo and
# rules, and fails with $FAIL_SAYS at the command that contains $FAIL_AT, or is
# number $FAIL_NTH.
make_ip() {
	mkdir "$dir/bin"
	cat >"$dir/bin/ip" <<-END
	#!/bin/sh
	echo "ip \$*" >>"$dir/log"
	[ "\$FAIL_NTH" != "\$(wc -l <"$dir/log")" ] || { echo "\$FAIL_SAYS" >&2; exit 2; }
	case "\$*" in
	*"\$FAIL_AT"*) [ -z "\$FAIL_AT" ] || { echo "\$FAIL_SAYS" >&2; exit 2; };;
	esac
	case "\$*" in
	"-6 address "*" dev lo"* | "rule "*) exec "$(command -v ip)" "\$@";;
	esac
	END
	chmod +x "$dir/bin/ip"
}

in_namespace() { unshare -rn sh -c 'ip link set lo up; "$@"' - "$@"; }

# Set addresses and $RULES up by the real ip, then run the tool with the stand-in.
up_with() { # ADDRESSES COMMAND...
	local addresses=$1

	shift
	: >"$dir/log"
	in_namespace sh -c '
		dir=$1 addresses=$2; shift 2
		echo "$addresses" | while read -r a; do
			[ -z "$a" ] || ip -6 address add $a dev lo nodad
		done
		echo "$RULES" | ip -batch - || exit 99
		PATH=$dir/bin:$PATH "$@"; status=$?
		ip -6 -o address show dev lo >"$dir/left"
		ip rule >"$dir/rules"
		exit $status' - "$dir" "$addresses" "$@"
}

test_wan_addresses() {
	local chosen="prefix 240b:12:3456:7800::/64"

	refuses "up without IPv6 on the WAN" 1 "lo has no global IPv6 address" \
		up_with "" "$mape" up --wan lo --dry-run
	refuses "up with a deprecated address alone" 1 "lo has no global IPv6 address" \
		up_with "$wan/64 preferred_lft 0" "$mape" up --wan lo --dry-run
	run up_with "2001:db8:1::1/64
$wan/64
fd00::1/64
fe80::1/64" "$mape" up --wan lo --dry-run
	grep -q "$chosen" "$dir/out"
	result $? "up finds the address that has a rule"
	run up_with "$wan/64
2400:4050::1/64" "$mape" up --wan lo --dry-run
	grep -q "prefix 2400:4050::/64" "$dir/out"
	result $? "of two addresses the longer match decides"
	run up_with "$wan/64
$ce/128 preferred_lft 0" "$mape" up --wan lo --dry-run
	grep -q "$chosen" "$dir/out" && ! grep -q 'address replace' "$dir/out"
	result $? "a CE address that is there is not added again"
	refuses "up, no rule for any address" 1 "no rule for 2001:db8:1::/64" \
		up_with "2001:db8:1::1/64" "$mape" up --wan lo --dry-run
}

# The steps of up --add-ipv4-addr, and how each is undone.
add_ipv4_steps() {
	printf '%s\n' "ip link add v6plus type mape dev lo prefix 240b:12:3456:7800::/64 rule 240b:12::/31,14.8.0.0/15,25,4 br $br iid draft03" \
		"ip link set v6plus up" \
		"ip -6 address replace $ce/128 dev lo preferred_lft 0 noprefixroute" \
		"ip address replace 14.8.52.86/32 dev v6plus" \
		"ip route replace 14.8.52.86 dev v6plus" \
		"ip rule add pref 0 iif v6plus to 14.8.52.86 lookup local" \
		"ip rule add pref 0 to 14.8.52.86 lookup main" \
		"ip rule add pref 1 lookup local protocol kernel" \
		"ip rule del pref 0 lookup local protocol kernel" \
		"ip rule add pref 0 lookup local protocol kernel" \
		"ip rule del pref 1 lookup local protocol kernel" \
		"ip route replace default dev v6plus"
}

add_ipv4_undone() { # last first
	printf '%s\n' "ip rule add pref 1 lookup local protocol kernel" \
		"ip rule del pref 0 lookup local protocol kernel" \
		"ip rule add pref 0 lookup local protocol kernel" \
		"ip rule del pref 1 lookup local protocol kernel" \
		"ip rule del pref 0 to 14.8.52.86 lookup main" \
		"ip rule del pref 0 iif v6plus to 14.8.52.86 lookup local" \
		"ip route del 14.8.52.86 dev v6plus" \
		"ip address del 14.8.52.86/32 dev v6plus" \
		"ip -6 address del $ce/128 dev lo" "ip link set v6plus down" \
		"ip link del v6plus"
}

# What the kernel begins with, and these in front.
rules_are() { # NAME [RULE...]
	local name=$1 bad

	shift
	[ $# = 0 ] || printf '0:\tfrom all %s\n' "$@" >"$dir/want"
	[ $# != 0 ] || : >"$dir/want"
	printf '%s:\tfrom all lookup %s\n' 0 local 32766 main 32767 default >>"$dir/want"
	# A rule of v6plus, which is not there, is [detached].
	sed 's/ \[detached\]//; s/[[:space:]]*$//' "$dir/rules" >"$dir/is"
	cmp -s "$dir/want" "$dir/is"
	bad=$?
	[ $bad = 0 ] || show "$dir/want" "$dir/is"
	result $bad "$name"
}

test_up_runs() {
	local bad i step own others

	own="to 14.8.52.86 iif v6plus lookup local"
	others="to 14.8.52.86 lookup main"
	prints "up --dry-run --add-ipv4-addr" 0 "$(add_ipv4_steps)" \
		up_with "$wan/64" "$mape" up --wan lo --add-ipv4-addr --dry-run
	rules_are "and changes no rules"
	add_ipv4_steps >"$dir/want"
	run up_with "$wan/64" "$mape" up --wan lo --add-ipv4-addr
	[ $status = 0 ] && cmp -s "$dir/want" "$dir/log" && [ ! -s "$dir/err" ] &&
		grep -q "$ce/128.*deprecated" "$dir/left"
	bad=$?
	[ $bad = 0 ] || show "$dir/want" "$dir/log"
	result $bad "up runs what --dry-run prints; the CE address is deprecated"
	rules_are "the rules stand in front of that for local" "$own" "$others"

	FAIL_AT="route replace default" FAIL_SAYS="RTNETLINK answers: No such process" \
		refuses "the last step fails" 2 "mape: No such process (ip route replace default dev v6plus)" \
		up_with "$wan/64" "$mape" up --wan lo --add-ipv4-addr
	i=0
	while read -r step; do
		i=$((i + 1))
		FAIL_NTH=$i FAIL_SAYS="Error: no." \
			refuses "step $i of up fails" 2 "mape: no. ($step)" \
			up_with "$wan/64" "$mape" up --wan lo --add-ipv4-addr
		{
			add_ipv4_steps | head -n $i
			add_ipv4_undone | tail -n $((i - 1))
		} >"$dir/want"
		cmp -s "$dir/want" "$dir/log" && ! grep -q "$ce" "$dir/left"
		bad=$?
		[ $bad = 0 ] || show "$dir/want" "$dir/log"
		result $bad "and all steps before it are undone, last first"
		rules_are "and the rules are as they were"
	done < <(add_ipv4_steps)

	FAIL_AT="type mape" FAIL_SAYS="Error: Unknown device type." \
		refuses "no module" 2 "the mape kernel module is not loaded or not installed: modprobe mape" \
		up_with "$wan/64" "$mape" up --wan lo
	[ "$(wc -l <"$dir/log")" = 1 ] && ! grep -q "$ce" "$dir/left"
	result $? "and nothing is left"
	FAIL_AT="type mape" FAIL_SAYS="RTNETLINK answers: Operation not supported" \
		refuses "no module, as an old ip says it" 2 "modprobe mape" \
		up_with "$wan/64" "$mape" up --wan lo
	FAIL_AT="type mape" FAIL_SAYS='Garbage instead of arguments "dev ...". Try "ip link help".' \
		refuses "no plug-in" 2 "link_mape.so is not installed" \
		up_with "$wan/64" "$mape" up --wan lo
	refuses "no ip" 2 "ip: No such file" up_with "$wan/64" \
		env PATH=/nowhere "$mape" up --wan lo
	refuses "no privilege" 2 "no permission to change network devices" \
		up_with "$wan/64" setpriv --bounding-set=-net_admin \
		--inh-caps=-all "$mape" up --wan lo
	[ ! -s "$dir/log" ]
	result $? "and nothing was tried"
	refuses "up over a device of another kind" 1 "v6plus is not a device of type mape" \
		in_namespace sh -c "ip link add v6plus type veth peer name x && ip -6 address add $wan/64 dev lo nodad && exec '$mape' up --wan lo --dry-run"
	prints "show without devices" 0 "" in_namespace "$mape" show
	prints "show without devices, JSON" 0 "[]" in_namespace "$mape" show --json
}

# Leaves the steps for rules in $dir/steps and what becomes of the rules in
# $dir/rules.
up_with_rules() { # COMMANDS
	RULES=$1 run up_with "$wan/64" "$mape" up --wan lo --add-ipv4-addr
	[ $status = 0 ] || sed 's/^/# /' "$dir/err"
	grep -e '^ip rule' "$dir/log" >"$dir/steps"
}

runs_rule_steps() { # NAME [STEP...]
	[ $# != 1 ] || : >"$dir/want"
	[ $# = 1 ] || printf 'ip rule %s\n' "${@:2}" >"$dir/want"
	cmp -s "$dir/want" "$dir/steps"
	local bad=$?
	[ $bad = 0 ] || show "$dir/want" "$dir/steps"
	result $bad "$1"
}

test_rules_that_are_there() {
	local own="pref 0 iif v6plus to 14.8.52.86 lookup local"
	local others="pref 0 to 14.8.52.86 lookup main"
	local own_is="to 14.8.52.86 iif v6plus lookup local"
	local others_is="to 14.8.52.86 lookup main"
	local kernel="lookup local protocol kernel"
	local moved="rule add pref 1 lookup local
rule del pref 0 lookup local
rule add pref 0 lookup local
rule del pref 1 lookup local"
	local move=("add pref 1 $kernel" "del pref 0 $kernel"
		"add pref 0 $kernel" "del pref 1 $kernel")

	up_with_rules "rule add $own
rule add $others
$moved"
	runs_rule_steps "rules made by hand are there: no step for any"
	rules_are "and they stay" "$own_is" "$others_is"

	up_with_rules "rule add $own
rule add $others"
	runs_rule_steps "rules without effect behind that for local" \
		"del $others" "del $own" "add $own" "add $others" "${move[@]}"
	rules_are "come in front" "$own_is" "$others_is"

	up_with_rules "rule add $others
$moved"
	runs_rule_steps "one rule alone" "del $others" "add $own" "add $others" \
		"add pref 1 $kernel" "del pref 0 lookup local protocol 0" \
		"add pref 0 $kernel" "del pref 1 $kernel"
	rules_are "becomes two" "$own_is" "$others_is"

	up_with_rules "rule add pref 32765 lookup local
rule del pref 0 lookup local"
	runs_rule_steps "the rule for local is not in front: it stays" \
		"add $own" "add $others"
	[ "$(sed 's/[[:space:]]*$//' "$dir/rules")" = "$(printf '%s:\tfrom all %s\n' \
		0 "to 14.8.52.86 iif v6plus [detached] lookup local" \
		0 "to 14.8.52.86 lookup main" 32765 "lookup local" \
		32766 "lookup main" 32767 "lookup default")" ]
	result $? "behind the two"

	up_with_rules "rule add pref 0 iif v6plus to 14.8.52.86 lookup local fwmark 1
rule add pref 0 iif v6plus to 14.8.52.86 lookup local dport 80
rule add pref 0 to 14.8.52.86/31 lookup main
rule add pref 0 to 14.8.52.86 lookup 100
rule add pref 0 to 14.8.52.86 unreachable
rule add pref 1 $kernel
rule del pref 0 $kernel
rule add pref 0 $kernel
rule del pref 1 $kernel"
	runs_rule_steps "rules that are like ours are not ours" \
		"add $own" "add $others" "${move[@]}"

	up_with_rules "rule add pref 0 iif m1 to 14.9.26.101 lookup local
rule add pref 0 to 14.9.26.101 lookup main
rule add pref 1 $kernel
rule del pref 0 $kernel
rule add pref 0 $kernel
rule del pref 1 $kernel"
	runs_rule_steps "another device has its own" "add $own" "add $others" "${move[@]}"
	rules_are "and keeps them" "to 14.9.26.101 iif m1 lookup local" \
		"to 14.9.26.101 lookup main" "$own_is" "$others_is"

	up_with_rules "rule add pref 0 lookup 100"
	[ $status = 1 ] && [ ! -s "$dir/log" ] && grep -q "other rules of preference 0 are in the way" "$dir/err"
	result $? "a rule that would come in front of that for local"
}

test_seed_example
test_vectors
test_calculate_forms
test_services
test_bad_lines
test_bad_usage
test_bad_nat_usage
test_help
test_rule_file_order
test_bad_rule_file
test_dry_run
if unshare -rn ip link set lo up 2>/dev/null; then
	make_ip
	test_wan_addresses
	test_up_runs
	test_rules_that_are_there
	test_no_module
else
	n=$((n + 1))
	echo "ok $n - up on addresses # SKIP no user namespaces, or no ip"
fi
echo "1..$n"
