# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # of lib.sh
#
# What the tests of the NAT share, beside lib.sh: sockets and who sees them how.

# Change the device in place.
line_set() { # ARGUMENT...
	ip -n "$net-ce" link set v6plus type mape "$@"
}

# Without a session left of the check before.
line_anew() { # [ARGUMENT...]
	ip -n "$net-ce" link del v6plus 2>/dev/null || :
	line_up "$@"
	counters_mark
}

# The shared address on the device, so that the router itself has it: it is
# local for what comes out of the device and for nobody else, as it does not
# tell which customer is meant (RFC 7597 section 4). These rules have to stand
# before that for the table of local addresses, which is made anew behind them.
address_up() {
	ip_in ce <<-EOT
		address add $ce4/32 dev v6plus
		route add $ce4 dev v6plus
		rule add pref 0 iif v6plus to $ce4 lookup local
		rule add pref 0 to $ce4 lookup main
		rule add pref 1 lookup local
		rule del pref 0 lookup local
		rule add pref 0 lookup local
		rule del pref 1 lookup local
	EOT
}

# The ports of the set, as judge wants them in $ports.
port_set_json() {
	PYTHONPATH=$test_dir python3 -c "import json, portset
print(json.dumps(sorted(portset.port_set($psid_offset, $psid_len, $psid))))"
}

# Call the servers of mirror_start from many sockets; see sockets.py.
call() { # HOST PROTO INNER-PORT COUNT PEER
	"$1" python3 "$test_dir/sockets.py" "${@:2}" </dev/null
}

# The same, but the sockets stay open until release; prints to $tmp/NAME.
hold() { # NAME HOST PROTO INNER-PORT COUNT PEER
	local name=$1

	shift
	rm -f "$tmp/$name.fifo" "$tmp/$name"
	mkfifo "$tmp/$name.fifo"
	"$1" python3 "$test_dir/sockets.py" "${@:2}" <"$tmp/$name.fifo" >"$tmp/$name" &
	exec {holding}>"$tmp/$name.fifo"
	wait_for 30 test -s "$tmp/$name"
}

release() {
	exec {holding}>&-
}

# In the condition, $set are the ports of the set.
judge() { # JSON JQ-CONDITION
	echo "$1"
	jq -e --argjson set "${ports:-null}" "$2" <<<"$1"
}

# 198.51.100.1-20 tell who calls by which port he is seen.
mirror_start() { # PORT...
	s python3 "$test_dir/mirror.py" "$@" 2>"$tmp/mirror.err" &
	await_listener s tcp "${*: -1}"
}

# coturn at 198.51.100.1 and .2.
stun_server_start() {
	local rfc5780=()

	# Newer ones want to be told.
	if turnserver --help 2>&1 | grep -q -e --rfc5780; then
		rfc5780=(--rfc5780)
	fi
	s turnserver -n -z --no-cli --no-tls --no-dtls "${rfc5780[@]}" --log-file stdout \
		-L 198.51.100.1 -L 198.51.100.2 --pidfile "$tmp/turn.pid" \
		--db "$tmp/turn.db" >"$tmp/turn.log" 2>&1 &
	await_listener s udp 3478
}

# What coturn's client finds out must have that line.
natdiscovery() { # LINE-REGEX ARGUMENT...
	h1 timeout 60 turnutils_natdiscovery "${@:2}" 198.51.100.1 >"$tmp/discovery" 2>&1 || :
	cat "$tmp/discovery"
	grep -qE "^$1" "$tmp/discovery"
}

# One UDP packet from a server, nothing behind it.
from_server() { # ADDRESS SOURCE-PORT DEST-PORT
	s bash -c "echo x | nc -u -q 0 -w 1 -s $1 -p $2 $ce4 $3" || :
}

nothing_on_lan() { # COMMAND...
	capture_start ce lan "$tmp/lan.pcap" ip and not igmp
	"$@"
	capture_stop "$tmp/lan.pcap"
	equal "$(tcpdump -nr "$tmp/lan.pcap" 2>/dev/null)" "" "traffic on the LAN"
}
