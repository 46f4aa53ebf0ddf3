#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Proves that `run` tells a passing command from each way to fail, and all.sh a
# passing job, in TAP. Options are passed on to run: selfcheck.sh --kernel 7
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
options=("$@")
# A repository with no module in it: the harness is what is checked.
export MAPE_SRC=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
count=0
failed=0

# What every kernel of the VM has to have for the project's tests.
modules='veth dummy ifb vrf tun bridge ip6_tunnel tunnel6 ipip sit ip_gre
	ip6_gre wireguard pktgen sctp nf_tables nf_conntrack nf_nat
	nf_flow_table nf_flow_table_inet nft_ct nft_nat nft_masq nft_redir
	nft_chain_nat nft_flow_offload nft_limit nft_log nft_fib_inet nft_compat
	nft_reject_inet nf_conntrack_netlink xt_MASQUERADE xt_conntrack xt_nat
	sch_netem sch_htb sch_fq sch_fq_codel sch_ingress sch_tbf cls_flower
	cls_matchall cls_u32 cls_bpf act_mirred act_gact act_csum act_pedit
	act_skbedit af_packet_diag inet_diag tcp_diag udp_diag crc32c
	libchacha20poly1305'

vm() {
	./run ${options[@]+"${options[@]}"} "$@"
}

result() { # OK DESCRIPTION
	local verdict=ok

	count=$((count + 1))
	if (($1)); then
		verdict='not ok'
		failed=$((failed + 1))
	fi
	echo "$verdict $count - $2"
}

expect_status() { # STATUS DESCRIPTION [RUN-ARG...]
	local want=$1 what=$2 got=0

	shift 2
	vm "$@" >"$scratch/log" 2>&1 || got=$?
	((got == want)) || {
		sed 's/^/# /' "$scratch/log"
		echo "# status $got, expected $want"
	}
	result "$((got != want))" "$what"
}

check() { # DESCRIPTION TEST...
	local bad=0

	"${@:2}" || bad=1
	result "$bad" "$1"
}

check_guest() {
	local dir=$PWD status=0

	# shellcheck disable=SC2016 # expanded by the guest
	MAPE_SELFCHECK='a  "b" $c' vm -- sh -c '
		echo "$MAPE_SELFCHECK|$PWD|$(id -u)|$(hostname)|$*"
		echo error >/dev/stderr
		seq 100000
		sleep 1000 &
		exit 7' sh 'x  y' '*' >"$scratch/out" 2>"$scratch/err" || status=$?
	check 'the status is passed through' test "$status" = 7
	check 'environment, directory, user and arguments' test \
		"$(head -n 1 "$scratch/out")" = \
		"a  \"b\" \$c|$dir|0|mape-vm|x  y *"
	check 'stdout is passed through whole, and alone' cmp -s \
		<(sed 1d "$scratch/out") <(seq 100000)
	check 'stderr is passed through' grep -qx error "$scratch/err"
}

check_repository() {
	local file=$PWD/selfcheck.$$

	vm -- sh -c "echo written >$file" || :
	check 'the repository is writable' grep -qsx written "$file"
	rm -f "$file"
}

check_concurrent() {
	local pids=() pid bad=0 n

	for n in 1 2; do
		vm -- sh -c "sleep 3; exit $n" &
		pids+=($!)
	done
	for n in 1 2; do
		pid=0
		wait "${pids[n - 1]}" || pid=$?
		((pid == n)) || bad=1
	done
	result "$bad" 'two VMs at once'
}

# all.sh in a tree in which each job says just `ok`; that of a kernel named in
# $failing says `not ok`.
all_sh() { # FAILING
	local tree=$scratch/tree job

	mkdir -p "$tree"/{iproute2-patch,selftests/{vm,unit}}
	cp ../all.sh "$tree/selftests/"
	for job in run selfcheck.sh; do
		cat >"$tree/selftests/vm/$job" <<-'EOT'
			#!/bin/sh
			sleep 0.1
			[ "$2" != "$failing" ] || printf 'not '
			echo 'ok 1'
		EOT
		chmod +x "$tree/selftests/vm/$job"
	done
	echo 'check-plugin check-patch:; @echo ok 1' >"$tree/iproute2-patch/Makefile"
	echo 'run:; @echo ok 1' >"$tree/selftests/unit/Makefile"
	failing=$1 "$tree/selftests/all.sh" >"$scratch/all" 2>&1
}

all_sh_tells() {
	local status=0

	all_sh none && tail -n 1 "$scratch/all" | grep -q '^8 passed, 0 failed' || return
	all_sh 7 || status=$?
	((status == 1)) && tail -n 1 "$scratch/all" | grep -q '^7 passed, 1 failed'
}

echo 'TAP version 13'
check_guest
check_repository
check_concurrent
# shellcheck disable=SC2086 # words
expect_status 0 'modules load' -- modprobe -a $modules
expect_status 127 'no such command' -- /nonexistent
expect_status 101 'boot failure' --append rdinit=/nonexistent -- true
expect_status 102 'crash' -- sh -c 'echo c >/proc/sysrq-trigger'
expect_status 103 'fake WARNING' -- sh -c 'echo WARNING: fake >/dev/kmsg'
expect_status 103 'fake BUG, command failed' -- \
	sh -c 'echo BUG: fake >/dev/kmsg; exit 7'
expect_status 103 'splat below the console level' -- \
	sh -c 'echo "<7>BUG: fake" >/dev/kmsg'
expect_status 104 'timeout' --timeout 15 -- sleep 1000
check 'all.sh passes if all jobs do, and fails if one does' all_sh_tells
echo "1..$count"
exit "$((failed != 0))"
