#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# TCP through the NAT: RFC 6146's states and their times, what may end a
# connection and what may not, and that nothing valid is in its way.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require nft socat ss

second=/sys/module/mape/parameters/second

line_anew() { # [ARGUMENT...]
	ip -n "$net-ce" link del v6plus 2>/dev/null || :
	line_up "$@"
}

# A connection by its segments, SIDE:FLAGS:STATE-AFTERWARDS.
check_walk() { # NAME WORD...
	check "G-07 $1" counts "" ask "walk('${*:2}')"
}

# Kernels of both sides call at once. Until it does, s's does not say that
# nobody is there.
open_at_once() {
	local status=0 other

	s nft -f - <<-EOT
		table ip silent {
			chain out {
				type filter hook output priority 0;
				tcp sport 7700 tcp flags & rst != 0 drop
			}
		}
	EOT
	s python3 "$test_dir/punch.py" tcp 7700 "$ce4" 4940 &
	other=$!
	h2 python3 "$test_dir/punch.py" tcp 4940 198.51.100.1 7700 || status=1
	wait $other || status=2
	return $status
}

# ------------------------------------------- a device anew under a transfer

# h2 sends a line all the time; what s has got is in $tmp/received.
transfer_start() { # INNER-PORT
	rm -f "$tmp/received"
	s socat -u TCP-LISTEN:7800,reuseaddr "CREATE:$tmp/received" 2>"$tmp/server.err" &
	server=$!
	await_listener s tcp 7800
	while sleep 0.05 && echo "one more line"; do :; done 2>"$tmp/feeder.err" |
		h2 socat -u - "TCP:198.51.100.1:7800,sourceport=$1,reuseaddr" 2>"$tmp/client.err" &
	client=$!
	wait_for 30 test -s "$tmp/received"
}

transfer_stop() {
	ip netns pids "$net-h2" | xargs -r kill
	kill $server 2>/dev/null || :
}

has_grown() { # BYTES
	(($(stat -c %s "$tmp/received") > $1))
}

has_ended() {
	! kill -0 $client 2>/dev/null
}

grown_or_ended() { # BYTES
	has_grown "$1" || has_ended
}

# Its port is of the set, and stays the same: the server does not notice.
resumes() {
	local bytes

	# Nobody else has that port now.
	line_anew
	transfer_start 4935
	line_anew
	bytes=$(stat -c %s "$tmp/received")
	wait_for 60 has_grown $((bytes + 100))
	# It was picked up in the middle, and is a connection as any other.
	equal "$(ce mape session --json --proto tcp --inner 192.168.1.3:4935 | jq -r '.[0].state')" established
	transfer_stop
}

# It gets another port: the server knows no such connection, and says so.
resumes_or_ends() {
	local bytes

	transfer_start 20000
	line_anew
	bytes=$(stat -c %s "$tmp/received")
	wait_for 60 grown_or_ended $((bytes + 100))
	transfer_stop
}

# ------------------------------------------------------------------- times

shorter() {
	line_anew timeout tcp-syn,30 timeout tcp-established,300 timeout tcp-closing,10
	ask "lifetimes(30, 300, 10)"
	ask "walk('h1:S:syn-out s:SA:established h1:A:established h1:FA:fin-out s:FA:fin-both')"
	ask "walk('h1:S:syn-out s:RA:transitory')"
	ask "lifetimes(240, 7440, 240)"
	line_anew
}

with_seconds_of() { # JIFFIES COMMAND [ARG...]
	local status=0

	echo "$1" >$second
	line_anew
	"${@:2}" || status=$?
	echo "$hz" >$second
	line_anew
	return $status
}

with_shorter() {
	line_anew timeout tcp-syn,60 timeout tcp-closing,60
	ask "idle_partial(10 / $hz, 60)"
}

only_port() {
	ask "customer('$ce4', $psid_offset, $psid_len, $psid)"
	# Refused: three SYNs of lower numbers, two beside a live connection.
	counts port_exhausted=5 ask "taken_over()"
}

only_port_later() {
	echo 10 >$second
	line_anew
	echo "$hz" >$second
	counts port_exhausted=1 ask "taken_over_later(10 / $hz)"
}

topology D2
ce sysctl -qw net.ipv4.icmp_ratemask=0
deafen_to_crafted
line_anew
partner_start python3 "$test_dir/segments.py" "$net" "$ce4" "$psid_offset,$psid_len,$psid"

check_walk "opened and closed from inside" h1:S:syn-out h1:A:syn-out s:A:syn-out s:SA:established \
	h1:A:established h1:PA:established s:A:established s:PA:established h1:A:established \
	h1:FA:fin-out s:A:fin-out s:PA:fin-out h1:A:fin-out s:FA:fin-both h1:A:fin-both s:A:fin-both
check_walk "closed by the server" h1:S:syn-out s:SA:established h1:A:established \
	s:FA:fin-in h1:A:fin-in h1:PA:fin-in s:A:fin-in h1:FA:fin-both s:A:fin-both
check_walk "reset by the server, data from inside revives it" h1:S:syn-out s:SA:established h1:A:established \
	s:R:transitory h1:PA:established s:R:transitory s:PA:established
check_walk "reset from inside, data of the server's revives it" h1:S:syn-out s:SA:established h1:A:established \
	h1:R:transitory s:A:transitory s:PA:established h1:RA:transitory h1:PA:established
check_walk "refused, and called again" h1:S:syn-out s:RA:transitory h1:S:syn-out s:SA:established
check_walk "found in the middle" h1:PA:transitory s:A:transitory h1:PA:established h1:FA:fin-out
check "G-07 G-06 the same ports for another connection" counts "" ask "tuple_again()"
inwards="s:S:syn-in s:A:syn-in h1:SA:opened s:A:established s:PA:established h1:FA:fin-out s:FA:fin-both"
check "G-07 opened from outside, if the server is known" counts "" ask "walk_inwards('$inwards')"
check_walk "G-02 both sides open at once" h1:S:syn-out s:S:opened h1:SA:opened s:SA:established \
	h1:A:established s:A:established h1:PA:established s:PA:established h1:FA:fin-out s:FA:fin-both

check "G-02 two kernels open at once" open_at_once
check "G-02 options, ECN setup, fast open, urgent data" counts "" ask "options_unchanged()"
check "G-02 segments out of order and twice" counts "" ask "out_of_order()"
check "G-02 keep-alives, closed windows" counts "" ask "keep_alives()"
check "G-02 half closed: data goes on" counts "" ask "half_closed()"
check "G-02 half closed by a kernel" counts "" ask "real_half_close('192.168.1.3')"

for side in s h1; do
	for scaled in False True; do
		what="from $([[ $side == s ]] && echo outside || echo inside)"
		[[ $scaled == False ]] || what+=", window scaled"
		check "G-08 S-09 an RST in the window, $what" counts "" ask "rst_in_window('$side', $scaled)"
		check "G-08 S-09 an RST outside the window, $what" counts "" ask "rst_outside('$side', $scaled)"
	done
done
check "S-09 an RST at a closed window" counts "" ask "rst_zero_window()"
check "S-09 an RST in the window of before" counts "" ask "rst_follows_window()"
check "S-09 an RST that does not acknowledge the SYN" counts "" ask "rst_to_syn()"
check "G-08 F-06 an RST refreshes nothing" counts "" ask "rst_not_refreshing()"
check "S-10 a SYN on an established connection" counts "" ask "syn_on_established()"
check "S-10 h1 has restarted and calls again" counts "" ask "restarted()"
check "F-12 no other protocol by a port of TCP" counts rx_no_session=5 ask "other_protocols()"
check "S-10 F-08 no segment of strangers" counts rx_no_session=15 ask "not_from('198.51.100.2', '198.51.100.3')"

check "G-12 the device made anew: a flow by its own port resumes" resumes
check "G-12 the device made anew: another flow resumes or ends" resumes_or_ends

check "G-05 times can be set shorter" shorter
if [[ -e $second ]]; then
	hz=$(<$second)
	# 7440 s are over in 30 s, 240 s in 5 s, 60 s in 3 s.
	check "G-04 G-02 idle for 6700 s, also after one FIN: data passes; not after 7460 s" \
		with_seconds_of 1 ask "idle_established(1 / $hz)"
	check "G-05 half open, closing: idle for 170 s passes, for 260 s not" \
		with_seconds_of 5 ask "idle_partial(5 / $hz)"
	check "G-05 the same set to 60 s" with_seconds_of 10 with_shorter
else
	for name in "G-04 G-02 idle when established" "G-05 idle when half open or closing" \
		"G-05 the same set to 60 s"; do
		skip "$name" "time is real"
	done
fi
line_change single
check "G-06 N-08 the port of a closed connection is taken over" only_port
if [[ -e $second ]]; then
	check "G-06 N-08 60 s after its end by any SYN" only_port_later
else
	skip "G-06 N-08 60 s after its end by any SYN" "time is real"
fi
partner_stop
done_testing
