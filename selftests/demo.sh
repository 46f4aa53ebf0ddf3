#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The main job, told step by step: a host reaches the Internet through a MAP-E
# line. Every command shown is run, and the demo fails if one of them does.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
start_testing >/dev/null
require curl lighttpd tcpdump ping mape

bold='' plain=''
[[ ! -t 1 && ! ${MAPE_COLOUR-} ]] || bold=$'\e[1m' plain=$'\e[0m'

say() {
	printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

# Show a command and run it in a box.
show() { # BOX COMMAND [ARG...]
	local prompt=$1

	shift
	echo "$prompt# $*"
	ip netns exec "$net-$prompt" "$@" 2>&1 | sed 's/^/    /'
}

cat <<-'EOT'

	A MAP-E line in five namespaces. All but the device v6plus on ce is the
	kernel's and Debian's own: the border relay is an ip6tnl.

	   h1 ------- ce ======= r6 ======= br ------- s
	 a host   your router   IPv6      border     a server on
	 192.168  with v6plus   only      relay      the Internet
EOT

topology v6plus
ip_in ce <<-EOT
	address del $ce6/128 dev wan0
	address add 240b:12:3456:7800:a:100:2000:3000/64 dev wan0
EOT
mkdir "$tmp/www"
head -c 10000000 /dev/urandom >"$tmp/www/file"
cat >"$tmp/lighttpd.conf" <<-EOT
	server.document-root = "$tmp/www"
	server.port = 80
EOT
s lighttpd -D -f "$tmp/lighttpd.conf" >/dev/null 2>&1 &
await_listener s tcp 80

say "1. The line gave us an IPv6 address. What does MAP-E make of it?"
show ce mape calculate 240b:12:3456:7800:a:100:2000:3000

say "2. One command sets it up (--dry-run shows what it does)."
show ce mape up --wan wan0 --dry-run
show ce mape up --wan wan0

say "3. The device. The distribution's own ip knows its type by a plug-in."
show ce ip -d link show v6plus

capture_start r6 ce "$tmp/wan.pcap" ip6 proto 4
say "4. A host on the LAN pings and downloads 10 MB."
show h1 ping -c 3 -W 5 198.51.100.1
show h1 curl -sS -o "$tmp/file" -w '%{http_code}, %{size_download} bytes, %{speed_download} bytes a second\n' \
	http://198.51.100.1/file
cmp "$tmp/file" "$tmp/www/file" && echo "    The file is intact."
capture_stop "$tmp/wan.pcap"

say "5. What went over the WAN: IPv4 in IPv6, from our address and a port of ours."
echo "r6# tcpdump -nr wan.pcap -c 5"
tcpdump -nr "$tmp/wan.pcap" -c 5 2>/dev/null | sed 's/^/    /'
python3 "$test_dir/wire.py" "$tmp/wan.pcap" "$ce6" "$br6" "$ce4" \
	"$psid_offset,$psid_len,$psid" >"$tmp/wire.json"
jq -r '"    \(.sent | add) packets sent, \(.wrong) of them with anything wrong."' \
	"$tmp/wire.json"
jq -e '.wrong == 0 and .sent.tcp > 0 and .sent.icmp > 0' "$tmp/wire.json" >/dev/null

say "6. Configuration and state in one place; a counter for each kind of drop."
show ce mape show
show ce ethtool -S v6plus

say "7. And away without a trace."
show ce mape down
show ce ip -6 address show dev wan0 scope global
finished=1
say "The main job works on $(uname -r)."
