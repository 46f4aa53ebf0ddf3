#!/bin/sh
# SPDX-License-Identifier: GPL-2.0

. lib/generic.sh

ts_log "[Testing Add MAP-E interface (everything derived)]"
NEW_DEV="$(rand_dev)"

ts_ip "$0" "Add $NEW_DEV MAP-E interface" link add dev $NEW_DEV type mape dev lo prefix 240b:12:3456:7800::/64 rule 240b:12::/31,14.8.0.0/15,25 br 2404:9200:225:100::64 iid draft03

ts_ip "$0" "Show $NEW_DEV MAP-E interface" -d link show dev $NEW_DEV
test_on "$NEW_DEV"
test_on "mape role ce dev lo prefix 240b:12:3456:7800::/64"
test_on "rule 240b:12::/31,14.8.0.0/15,25,4"
test_on "br 2404:9200:225:100::64"
test_on "iid draft03"
test_on "ipv4 14.8.52.86 psid 120/8 offset 4 ports 240 in 15 ranges"
test_on "local 240b:12:3456:7800:e:834:5600:7800"

ts_ip "$0" "Del $NEW_DEV MAP-E interface" link del dev $NEW_DEV


ts_log "[Testing Add MAP-E interface (explicit PSID, header fields)]"
NEW_DEV="$(rand_dev)"

ts_ip "$0" "Add $NEW_DEV MAP-E interface" link add dev $NEW_DEV type mape dev lo prefix 2001:db8:12::/48 rule 2001:db8:12::/48,192.0.2.18/32,0,6 psid 0x34/8 br 2001:db8::1 hoplimit 32 tclass 184 mss 1400 filtering endpoint reserve 1232-1233 reserve 2256 timeout udp,600 sessions-max 4096 sessions-per-host 1024

ts_ip "$0" "Show $NEW_DEV MAP-E interface" -d link show dev $NEW_DEV
test_on "$NEW_DEV"
test_on "rule 2001:db8:12::/48,192.0.2.18/32,0,6"
test_on "psid 52/8"
test_on "iid rfc7597"
test_on "hoplimit 32 tclass 184 mss 1400 filtering endpoint"
test_on "reserve 1232-1233 reserve 2256"
test_on "timeout udp,600"
test_on "sessions-max 4096 sessions-per-host 1024"

ts_ip "$0" "Del $NEW_DEV MAP-E interface" link del dev $NEW_DEV


ts_log "[Testing Add MAP-E interface (an IPv4 address of one's own, no NAT)]"
NEW_DEV="$(rand_dev)"

ts_ip "$0" "Add $NEW_DEV MAP-E interface" link add dev $NEW_DEV type mape dev lo prefix 2001:db8:12::/48 rule 2001:db8:12::/48,192.0.2.18/32,0,6 br 2001:db8::1 nat off

ts_ip "$0" "Show $NEW_DEV MAP-E interface" -d link show dev $NEW_DEV
test_on "$NEW_DEV"
test_on "nat off"
test_on "ipv4 192.0.2.18 ports all"

ts_ip "$0" "Del $NEW_DEV MAP-E interface" link del dev $NEW_DEV
