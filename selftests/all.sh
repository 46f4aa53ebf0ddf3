#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Runs all tests, as many at a time as there are processors, and counts.
set -euo pipefail

usage() {
	cat <<-EOT
	Usage: ${0##*/} [KERNEL [GLOB]]

	  KERNEL  6.1, 6.12, 7 or all (the default): which kernels to boot
	  GLOB    which selftests to run in them; unless it is *, nothing else
	          is run

	The last line counts the tests. MAPE_JOBS is how many run at a time.
	EOT
}

case ${1-} in
-h | --help) usage; exit ;;
esac
kernels=${1:-all}
glob=${2:-*}
[[ $kernels != all ]] || kernels='6.1 6.12 7'

here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
logs=$(mktemp -d)
# A job that has ended may still be listed; that it cannot be killed is no news.
trap 'jobs -p | xargs -r kill 2>/dev/null || :; wait; rm -rf "$logs"' EXIT
cd "$top"

names=()
# Starts a job as soon as there is room.
start() { # NAME COMMAND [ARG...]
	local name=$1

	shift
	names+=("$name")
	while (($(jobs -pr | wc -l) >= ${MAPE_JOBS:-$(nproc)})); do
		wait -n || :
	done
	{
		status=0
		"$@" >"$logs/$name" 2>&1 </dev/null || status=$?
		echo "$status" >"$logs/$name.status"
	} &
}

# Longest first.
for kernel in $kernels; do
	start "kernel-$kernel" selftests/vm/run --kernel "$kernel" \
		--debug-module --timeout 3300 -- selftests/run.sh "$glob"
done
if [[ $glob == '*' ]]; then
	# Of one kernel, where a nanosecond is an instruction: no other counts them.
	start scale selftests/vm/run --kernel "${kernels%% *}" --icount \
		-- selftests/scale.sh
	start iproute2 make -s -C iproute2-patch check-plugin check-patch
	start harness selftests/vm/selfcheck.sh
	start unit make -s -C selftests/unit run
fi
wait

# Passed, failed and skipped: as the job says itself at its end, or by its TAP.
tally() { # LOG
	local line

	line=$(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' \
		"$1" | tail -n 1)
	[[ $line ]] || line=$(awk '/^ok .*# SKIP/ { s++; next } /^ok / { p++ }
		/^(not ok|Bail out!) / { f++ } END { print p + 0, f + 0, s + 0 }' "$1")
	echo "$line"
}

passed=0 failed=0 skipped=0
for name in "${names[@]}"; do
	echo "===== $name"
	cat "$logs/$name"
	status=$(cat "$logs/$name.status" 2>/dev/null || echo 255)
	read -r ok bad skip < <(tally "$logs/$name")
	# What ends badly without a failed test, or without any test, failed.
	((bad || (status == 0 && ok))) || bad=1
	echo "===== $name: status $status, $ok passed, $bad failed, $skip skipped"
	passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
done
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
