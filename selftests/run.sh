#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Runs the tests that match a glob, or all, as the kernel's kselftest does, and
# counts their sub-tests. The last line is the result.
#
# usage: run.sh [GLOB]
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")" || exit
glob=${1:-*}
ksft_skip=4
timeout=45
# shellcheck source=settings
. ./settings

passed=0
failed=0
skipped=0
programs=()
# The list of the Makefile, without its need for make.
while read -r program; do
	# shellcheck disable=SC2053 # a pattern
	if [[ $program == $glob || ${program%.sh} == $glob ]]; then
		programs+=("$program")
	fi
done < <(sed -n '/^TEST_PROGS/,/^#/s/^\t\(.*\) \\$/\1/p' Makefile)
if ((!${#programs[@]})); then
	echo "no test matches $glob" >&2
	exit 2
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# A program that says nothing of a failure has failed all the same.
count() { # STATUS
	local oks bads skips

	skips=$(grep -cE '^(ok|1\.\.0) .*# SKIP' "$log")
	oks=$(($(grep -c '^ok ' "$log") - $(grep -cE '^ok .*# SKIP' "$log")))
	bads=$(grep -c '^not ok ' "$log")
	if ((!bads && $1 && $1 != ksft_skip)) || ! grep -q '^1\.\.' "$log"; then
		((bads += 1))
	fi
	((passed += oks, failed += bads, skipped += skips))
	((!bads))
}

echo "TAP version 13"
echo "1..${#programs[@]}"
n=0
for program in "${programs[@]}"; do
	title="$((++n)) selftests: mape: $program"
	begun=$SECONDS
	echo "# $title"
	timeout --kill-after=5 "$timeout" "./$program" 2>&1 | tee "$log" | sed -u 's/^/# /'
	status=${PIPESTATUS[0]}
	if ! count "$status"; then
		echo "not ok $title # exit=$status"
	elif ((status == ksft_skip)); then
		echo "ok $title # SKIP"
	else
		echo "ok $title # $((SECONDS - begun)) s"
	fi
done
echo "$passed passed, $failed failed, $skipped skipped"
((!failed))
