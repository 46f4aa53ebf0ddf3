#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What link_mape.so makes of command lines and of the kernel's messages, in
# an unmodified ip. Neither root nor the module is needed: test/fake-kernel.so
# takes the kernel's place where one has to answer. Output is TAP.
#
#   ./test.sh [IP]	IP: the ip to test, and its first arguments
#   PLUGIN_DIR=D	where link_mape.so is; empty: IP has the type built in

here=$(cd "$(dirname "$0")" && pwd -P)
PATH=$PATH:/usr/sbin:/sbin
ip=("${@:-ip}")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export IP_LIB_DIR=${PLUGIN_DIR-$here}
export LC_ALL=C
count=0
failed=0

result() { # STATUS NAME
	local ok='ok'

	count=$((count + 1))
	if (($1)); then
		ok='not ok'
		failed=$((failed + 1))
	fi
	echo "$ok $count - $2"
}

skip() { # NAME REASON
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

is() { # WANT GOT NAME
	if [[ $1 == "$2" ]]; then
		result 0 "$3"
		return
	fi
	result 1 "$3"
	diff <(echo "$1") <(echo "$2") | sed 's/^/# /'
}

# ip with a kernel that takes any link (to a file) and has just one (of a file).
fake() {
	FAKE_REQUEST=$tmp/request FAKE_LINKS=$tmp/links \
		LD_PRELOAD=$here/test/fake-kernel.so "${ip[@]}" "$@"
}

add() {
	rm -f "$tmp/request"
	fake link add v6plus type mape "$@" 2>"$tmp/err"
}

refused() { # MESSAGE ARG...
	local want=$1 status=0

	shift
	add "$@" || status=$?
	if ((status)) && [[ ! -e $tmp/request ]] &&
		grep -qF -- "$want" "$tmp/err"; then
		result 0 "refuses: $*"
		return
	fi
	result 1 "refuses: $*"
	echo "# status $status, wanted: $want"
	sed 's/^/# /' "$tmp/err"
}

# What ip prints of the message in a file, from the line of the type on.
# The rest of the details is of no interest here, nor are trailing blanks.
show() {
	"${ip[@]}" -d monitor file "$1" 2>/dev/null | sed 's/ *$//' |
		sed -n 's/^    mape/mape/p; /^\t/p'
}

# The arguments are sent, and come back in words that mean the same.
returns() { # WANT ARG...
	local want=$1

	shift
	if ! add "$@"; then
		result 1 "sends: $*"
		sed 's/^/# /' "$tmp/err"
		return
	fi
	"$here/test/link-message" echo <"$tmp/request" >"$tmp/echo"
	is "mape${want:+ $want}" "$(show "$tmp/echo")" "sends: $*"
}

prints() { # MESSAGE TEXT
	"$here/test/link-message" "$1" >"$tmp/links"
	is "$2" "$(show "$tmp/links")" "prints: $1"
}

# The names of the keys are an interface, so all of it is compared.
links_json() { # WANT NAME
	local got

	if ! type jq >/dev/null 2>&1; then
		skip "$2" 'no jq'
		return
	fi
	got=$(fake -j -d link show 2>/dev/null |
		jq -c '.[0].linkinfo.info_data')
	is "$(jq -c . <<<"$1")" "$got" "$2"
}

json() { # MESSAGE JSON
	"$here/test/link-message" "$1" >"$tmp/links"
	links_json "$2" "JSON: $1"
}

# What has no words in the text is in the JSON.
returns_json() { # WANT ARG...
	local want=$1

	shift
	if ! add "$@"; then
		result 1 "sends, JSON: $*"
		sed 's/^/# /' "$tmp/err"
		return
	fi
	"$here/test/link-message" echo <"$tmp/request" >"$tmp/links"
	links_json "$want" "sends, JSON: $*"
}

rules() { # NUMBER
	local i

	for ((i = 1; i <= $1; i++)); do
		echo "rule 2001:db8:$i::/48,192.0.$i.0/24,16"
	done
}

v6plus=(dev lo prefix 240b:12:3456:7800::/64
	rule '240b:12::/31,14.8.0.0/15,25,4' br 2404:9200:225:100::64
	iid draft03 hoplimit 64 tclass 0 mss auto filtering address
	sessions-max 65536 sessions-per-host 16384)
timeouts=(udp udp-new dns dns-new ntp tcp-syn tcp-established tcp-closing icmp
	sctp-established sctp-transitory dccp-established dccp-transitory other
	quarantine udp-reclaim)

test_help() {
	local how

	for how in 'link help mape' 'link add v6plus type mape help' \
		'link add type mape help'; do
		# shellcheck disable=SC2086 # words on purpose
		"${ip[@]}" $how 2>&1 | grep -q '^Usage: \.\.\. mape'
		result $? "ip $how"
	done
	for how in "${timeouts[@]}"; do
		"${ip[@]}" link help mape 2>&1 |
			grep -qE "[[:blank:]]$how( |\$)"
		result $? "help has the timeout $how"
	done
}

test_send() {
	local rule='240b:12::/31,14.8.0.0/15,25'

	returns "${v6plus[*]}" "${v6plus[@]}"
	returns "rule $rule,6" rule "$rule"
	returns "rule $rule,6 iid rfc7597" iid rfc7597 rule "$rule"
	returns "rule $rule,4 iid draft03" rule "$rule" iid draft03
	returns "rule $rule,4 iid draft03" iid draft03 rule "$rule"
	returns "rule $rule,0 iid draft03" iid draft03 rule "$rule,0"
	returns "rule $rule,6 fmr $rule,5 rule $rule,4" \
		rule "$rule" fmr "$rule,5" rule "$rule,4"
	returns 'br 2001:db8::1 br 2001:db8::2' br 2001:db8::1 br 2001:db8::2
	returns 'role ce local 2001:db8::1' local 2001:db8::1 role ce
	returns '' dev none local :: psid 0/0
	returns 'psid 120/8' psid 0x78/8
	returns 'psid 10/16' psid 010/16
	returns 'hoplimit 1 tclass 184 mss 1240' \
		mss 1240 tclass 0xb8 hoplimit 1
	returns 'tclass inherit mss off' tclass inherit mss off
	# shellcheck disable=SC2046 # words on purpose
	returns "$(rules 28 | sed 's/$/,6/' | paste -sd' ')" $(rules 28)
}

test_send_nat() {
	local word all=() reserves=()

	returns '' nat auto
	returns_json '{"nat":"auto"}' nat auto
	returns 'nat off' nat off
	for word in address endpoint address-port; do
		returns "filtering $word" filtering "$word"
	done
	returns 'sessions-max 0 sessions-per-host 4294967295' \
		sessions-per-host 0xffffffff sessions-max 0

	returns 'reserve 6016-6020' reserve 6016-6020
	returns 'reserve 80 reserve 443' reserve 80 reserve 0x1bb-443
	returns 'reserve 1-65535' reserve 1-65535
	returns_json '{"reserve":[[80,80],[5,7]]}' reserve 80 reserve 5-7
	returns_json '{"reserve":[]}' reserve none
	mapfile -t reserves < <(printf 'reserve\n%d\n' {1..16})
	returns "${reserves[*]}" "${reserves[@]}"

	for word in "${timeouts[@]}"; do
		returns "timeout $word,600" timeout "$word,600"
		all+=(timeout "$word,4294967294")
	done
	returns "${all[*]}" "${all[@]}"
	returns 'timeout quarantine,0' timeout quarantine,0
	returns_json '{"timeouts":{"udp":4294967295,"dns":5}}' \
		timeout udp,default timeout dns,0x5

	returns "${reserves[*]} ${all[*]} sessions-max 5" \
		"${all[@]}" sessions-max 5 "${reserves[@]}"
	returns "br 2001:db8::1 br 2001:db8::2 nat off reserve 1 reserve 2 \
timeout udp,1 timeout dns,2" br 2001:db8::1 reserve 1 timeout udp,1 nat off \
		timeout dns,2 reserve 2 br 2001:db8::2
}

test_refuse() {
	local bad words

	refused 'mape: unknown option "bogus"?' bogus 1
	refused 'mape: unknown option "hop"?' hop 64
	refused 'Command line is not complete' prefix
	refused 'either "iid" is duplicate' iid draft03 iid rfc7597
	refused 'Cannot find device "nosuch0"' dev nosuch0
	refused '"role" must be "ce"' role br

	for bad in 2001:db8:: 2001:db8::/129 2001:db8::/-1 2001:db8::/ /64 \
		default any 192.0.2.0/24; do
		refused '"prefix" must be an IPv6 prefix' prefix "$bad"
	done
	for bad in 1 '' 2001:db8::/40 2001:db8::/40,192.0.2.0/24 \
		2001:db8::/40,192.0.2.0/24,8,6,1; do
		refused 'a rule must be PREFIX6' rule "$bad"
	done
	refused 'must start with an IPv6 prefix' rule 2001:db8::,192.0.2.0/24,8
	refused 'must be an IPv4 prefix' rule 2001:db8::/40,192.0.2.0/33,8
	refused 'must be an IPv4 prefix' rule 2001:db8::/40,192.0/24,8
	for bad in 49 -1 x ''; do
		refused 'EA length of a rule must be 0 to 48' \
			rule "2001:db8::/40,192.0.2.0/24,$bad"
	done
	for bad in 16 -1 255 ''; do
		refused 'offset of a rule must be 0 to 15' \
			fmr "2001:db8::/40,192.0.2.0/24,8,$bad"
	done

	refused '"br" must be an IPv6 address' br 192.0.2.1
	refused '"local" must be an IPv6 address' local 2001:db8::1/64
	refused '"psid" must be PSID/LEN' psid 120
	refused '"psid" must be PSID/LEN' psid 120/8/8
	refused '"psid" must be PSID/LEN' psid "$(printf '%0200d' 1)/8"
	refused '0 to 16 bits' psid 120/17
	refused 'a number from 0 to 65535' psid 65536/16
	refused 'a number from 0 to 65535' psid x/8
	refused 'does not fit into its length' psid 256/8
	refused '"iid" must be' iid draft3
	for bad in 0 256 x; do
		refused '"hoplimit" must be 1 to 255' hoplimit "$bad"
	done
	refused '"tclass" must be 0 to 255' tclass 256
	refused 'ECN bits of "tclass" must be zero' tclass 1
	for bad in 0 65535 none; do
		refused '"mss" must be' mss "$bad"
	done

	mapfile -t words < <(rules 40 | tr ' ' '\n')
	refused 'too many rules for one ip command: 40 given' "${words[@]}"
	mapfile -t words < <(printf 'br\n2001:db8::%d\n' {1..9})
	refused 'too many border relays' "${words[@]}"
}

test_refuse_nat() {
	local bad words

	refused '"nat" must be "auto" or "off"' nat on
	refused '"filtering" must be "address" or "endpoint" or "address-port"' \
		filtering addr
	for bad in nat,off filtering,address sessions-max,5 \
		sessions-per-host,5; do
		IFS=, read -ra words <<<"$bad"
		refused "either \"${words[0]}\" is duplicate" \
			"${words[@]}" "${words[@]}"
	done
	for bad in x '' -1 4294967296 default; do
		refused 'a limit of sessions must be a number' sessions-max "$bad"
		refused 'a limit of sessions must be a number' \
			sessions-per-host "$bad"
	done

	for bad in 0 65536 x '' - 0-5 5-65536 5- -5 5-6-7 5,6 non; do
		refused '"reserve" must be PORT[-PORT]' reserve "$bad"
	done
	refused 'the last port of "reserve" is below the first' reserve 6-5
	refused 'must be the only "reserve"' reserve none reserve 5
	refused 'must be the only "reserve"' reserve 5 reserve none
	refused 'must be the only "reserve"' reserve none reserve none
	mapfile -t words < <(printf 'reserve\n%d\n' {1..17})
	refused 'too many reserved ranges' "${words[@]}"

	for bad in udp '' udp,600,5 udp=600; do
		refused '"timeout" must be NAME,SECONDS' timeout "$bad"
	done
	for bad in '' ud UDP tcp unspec 1; do
		refused '"timeout" must be "udp" or "udp-new" or' timeout "$bad,600"
	done
	for bad in '' x -1 4294967295 4294967296 never def; do
		refused '"timeout" must be in seconds' timeout "udp,$bad"
	done
	refused 'either "timeout" is duplicate, or "udp,default"' \
		timeout udp,600 nat off timeout dns,5 timeout udp,default
}

test_print() {
	prints v6plus "mape role ce ${v6plus[*]}
	derived ipv4 14.8.52.86 psid 120/8 offset 4 ports 240 in 15 ranges \
(6016-6031 .. 63360-63375) local 240b:12:3456:7800:e:834:5600:7800 sessions 3"
	prints by_hand "mape role ce prefix 2001:db8:1200::/48 \
rule 2001:db8::/40,192.0.2.0/24,0,6 fmr 2001:db8:8000::/40,198.51.100.0/24,8,6 \
br 2001:db8::1 br 2001:db8::2 local 2001:db8::5 psid 52/8 iid rfc7597 \
hoplimit 255 tclass inherit mss 1400 nat off filtering address-port \
reserve 6016-6020 reserve 65535 timeout udp,600 timeout quarantine,0 \
sessions-max 1024 sessions-per-host 1048576
	derived ipv4 192.0.2.0/24 ports all local 2001:db8::5 \
rule 2001:db8::/40,192.0.2.0/24,0,6 sessions 0"
	prints one_range "mape
	derived ipv4 192.0.2.1 psid 3/4 offset 0 ports 4096 in 1 range \
(12288-16383) local 2001:db8::5"
	prints one_port "mape
	derived ipv4 192.0.2.1 psid 6/10 offset 6 ports 2 in 2 ranges \
(1030 .. 2054) local 2001:db8::5"
	prints bad_ports "mape
	derived ipv4 192.0.2.1 psid 3/4 offset 0 local 2001:db8::5"
	prints newer "mape role 7 prefix ::/0 iid 9 hoplimit 64 tclass 184 mss off \
nat 255 filtering 9 reserve 0 timeout icmp,61 sessions-max 1 \
sessions-per-host 4294967295"
	prints too_short mape
	prints no_data mape
}

test_json() {
	local ports='' i

	for ((i = 6016; i < 65536; i += 4096)); do
		ports+=${ports:+,}[$i,$((i + 15))]
	done
	json v6plus '{"role":"ce","link":"lo","prefix":"240b:12:3456:7800::/64",
		"rules":[{"ipv6":"240b:12::/31","ipv4":"14.8.0.0/15",
			"ea_len":25,"psid_offset":4,"fmr":false}],
		"br":["2404:9200:225:100::64"],"iid":"draft03","hoplimit":64,
		"tclass":0,"mss":"auto","nat":"auto","filtering":"address",
		"reserve":[],"timeouts":{},
		"sessions_max":65536,"sessions_per_host":16384,
		"ipv4":"14.8.52.86","ipv4_prefix_len":32,
		"psid":120,"psid_len":8,"psid_offset":4,
		"port_count":240,"ports":['"$ports"'],
		"ce_ipv6":"240b:12:3456:7800:e:834:5600:7800",
		"rule":{"ipv6":"240b:12::/31","ipv4":"14.8.0.0/15",
			"ea_len":25,"psid_offset":4,"fmr":false},
		"sessions":3}'
	json by_hand '{"role":"ce","prefix":"2001:db8:1200::/48",
		"rules":[{"ipv6":"2001:db8::/40","ipv4":"192.0.2.0/24",
			"ea_len":0,"psid_offset":6,"fmr":false},
			{"ipv6":"2001:db8:8000::/40","ipv4":"198.51.100.0/24",
			"ea_len":8,"psid_offset":6,"fmr":true}],
		"br":["2001:db8::1","2001:db8::2"],"local":"2001:db8::5",
		"explicit_psid":{"psid":52,"psid_len":8},"iid":"rfc7597",
		"hoplimit":255,"tclass":"inherit","mss":1400,
		"nat":"off","filtering":"address-port",
		"reserve":[[6016,6020],[65535,65535]],
		"timeouts":{"udp":600,"quarantine":0},
		"sessions_max":1024,"sessions_per_host":1048576,
		"ipv4":"192.0.2.0","ipv4_prefix_len":24,
		"psid":0,"psid_len":0,"psid_offset":6,
		"port_count":65536,"ports":[],"ce_ipv6":"2001:db8::5",
		"rule":{"ipv6":"2001:db8::/40","ipv4":"192.0.2.0/24",
			"ea_len":0,"psid_offset":6,"fmr":false},
		"sessions":0}'
	json newer '{"role":"7","prefix":"::/0","iid":"9","hoplimit":64,
		"tclass":184,"mss":"off","nat":"255","filtering":"9",
		"reserve":[[0,0]],
		"timeouts":{"0":1,"icmp":61,"17":2,"16383":3},
		"sessions_max":1,"sessions_per_host":4294967295}'
	json too_short '{"rules":[],"br":[],"reserve":[],"timeouts":{}}'
	json no_data '{}'
}

echo 'TAP version 13'
echo "# $("${ip[@]}" -V)"
test_help
test_send
test_send_nat
test_refuse
test_refuse_nat
test_print
test_json
echo "1..$count"
((!failed))
