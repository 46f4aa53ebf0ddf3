#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Two hosts at once: a web server's files down and up, iperf3 over TCP and UDP
# both ways, ping; and every packet of it on the WAN is looked at.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing
require curl lighttpd iperf3 tcpdump ping ss

# A real web server; posting to sum.cgi answers with the checksum of what came.
web_server() {
	mkdir "$tmp/www"
	head -c 3000000 /dev/urandom >"$tmp/www/file"
	printf 'echo Content-Type: text/plain\necho\nsha256sum\n' >"$tmp/www/sum.cgi"
	cat >"$tmp/lighttpd.conf" <<-EOT
		server.modules = ("mod_cgi")
		server.document-root = "$tmp/www"
		server.port = 80
		cgi.assign = (".cgi" => "/bin/sh")
	EOT
	s lighttpd -D -f "$tmp/lighttpd.conf" >"$tmp/lighttpd.log" 2>&1 &
	await_listener s tcp 80
}

# One address each: an answer to UDP would otherwise come from the first one.
iperf_address() { # PORT
	echo "198.51.100.$(($1 % 4 + 2))"
}

iperf_servers() {
	local port

	for port in {5201..5208}; do
		s iperf3 -s -B "$(iperf_address "$port")" -p "$port" >/dev/null 2>&1 &
	done
	for port in {5201..5208}; do
		await_listener s tcp "$port"
	done
}

# Run a command beside others; its status and output are looked at later.
beside() { # NAME COMMAND [ARG...]
	local name=$1

	shift
	{
		"$@" >"$tmp/$name.out" 2>&1 && echo 0 >"$tmp/$name.status" ||
			echo $? >"$tmp/$name.status"
	} &
	running+=($!)
}

iperf() { # HOST PORT [ARG...]
	"$1" timeout 30 iperf3 -J -c "$(iperf_address "$2")" -p "$2" -t 2 "${@:3}"
}

everything() { # HOST FIRST-PORT
	# The server's capture of DSCP 46 tells whether it was taken outside.
	beside "$1-ping" "$1" ping -nq -Q 0xb8 -c 20 -i 0.1 198.51.100.1
	beside "$1-down" "$1" curl -sS --max-time 60 -o "$tmp/$1-file" http://198.51.100.1/file
	beside "$1-up" "$1" curl -sS --max-time 60 --data-binary "@$tmp/www/file" \
		http://198.51.100.1/sum.cgi
	beside "$1-tcp-out" iperf "$1" "$2"
	beside "$1-tcp-in" iperf "$1" $(($2 + 1)) -R
	beside "$1-udp-out" iperf "$1" $(($2 + 2)) -u -b 2M -l 1200
	beside "$1-udp-in" iperf "$1" $(($2 + 3)) -u -b 2M -l 1200 -R
}

worked() { # NAME
	cat "$tmp/$1.out"
	equal "$(<"$tmp/$1.status")" 0 "exit status"
}

downloaded() { # HOST
	worked "$1-down"
	cmp "$tmp/$1-file" "$tmp/www/file"
}

uploaded() { # HOST
	worked "$1-up"
	equal "$(cut -d' ' -f1 "$tmp/$1-up.out")" "$(sha256sum <"$tmp/www/file" | cut -d' ' -f1)"
}

answered() { # HOST
	worked "$1-ping"
	grep -q ' 20 received' "$tmp/$1-ping.out"
}

transferred() { # NAME
	worked "$1"
	jq -e '(.end.sum_received // .end.sum).bytes > 100000' "$tmp/$1.out"
}

on_the_wire() { # JQ-CONDITION
	cat "$tmp/wire.err" "$tmp/wire.json"
	jq -e "$1" "$tmp/wire.json"
}

for domain in D2 D1; do
	demolish
	topology $domain
	line_up
	rm -rf "$tmp/www"
	web_server
	iperf_servers
	capture_start r6 ce "$tmp/wan.pcap" -s 128 ip6
	running=()
	everything h1 5201
	[[ $domain != D2 ]] || everything h2 5205
	wait "${running[@]}"
	capture_stop "$tmp/wan.pcap"

	for host in h1 h2; do
		[[ -e $tmp/$host-ping.out ]] || continue
		check "D-01 $domain: ping from $host" answered $host
		check "main $domain: $host downloads a file" downloaded $host
		check "main $domain: $host uploads a file" uploaded $host
		for way in tcp-out tcp-in udp-out udp-in; do
			check "main $domain: iperf3 $way of $host" transferred $host-$way
		done
		rm -f "$tmp/$host"-*
	done
	python3 "$test_dir/wire.py" "$tmp/wan.pcap" "$ce6" "$br6" "$ce4" \
		"$psid_offset,$psid_len,$psid" >"$tmp/wire.json" 2>"$tmp/wire.err"
	diagnose <"$tmp/wire.json"
	check "A-01 B-01 B-04 B-05 $domain: each packet on the WAN is right" on_the_wire \
		'.wrong == 0 and .sent.tcp > 100 and .sent.udp > 100 and .sent.icmp >= 20'
	check "B-01 $domain: answers came by the tunnel" on_the_wire \
		'.received.tcp > 100 and .received.udp > 100 and .received.icmp >= 20'
done
done_testing
