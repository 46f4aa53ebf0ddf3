#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Static checks: compilers' warnings, sparse, checkpatch, shellcheck, cppcheck.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
# shellcheck source=vm/lib/common.sh
. selftests/vm/lib/common.sh
# shellcheck source=vm/lib/apt.sh
. selftests/vm/lib/apt.sh

log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0

# Silence passes.
silent() { # NAME COMMAND [ARG...]
	local name=$1

	shift
	if "$@" >"$log" 2>&1 && [[ ! -s $log ]]; then
		passed=$((passed + 1))
		echo "ok $name"
	else
		failed=$((failed + 1))
		echo "not ok $name"
		sed 's/^/# /' "$log"
	fi
}

warnings() { # KERNEL [MAKE-ARG...]
	local build

	build=$(selftests/vm/build-module --kernel "$@" 2>&1) || {
		echo "$build"
		return 1
	}
	grep -E 'warning:|error:' <<<"$build" || :
}

# sparse has not learnt to read the newest headers yet: not on 7.
module_is_clean() { # KERNEL
	warnings "$1"
	warnings "$1" --debug
	[[ $1 == 7 ]] || warnings "$1" C=2 CF=-D__CHECK_ENDIAN__
}

# Only the script of that package is kept, of the newest kernel there is.
checkpatch_fetch() { # DIR
	local name

	apt_update trixie
	name=$(apt_private trixie apt-cache pkgnames linux-source- | sort -V |
		tail -n 1)
	(
		cd "$1"
		apt_private trixie apt-get -qq download "$name"
		dpkg-deb --fsys-tarfile "$name"_*.deb |
			tar -xO "./usr/src/$name.tar.xz" |
			tar -xJ --strip-components 2 --wildcards \
				'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' \
				'*/scripts/const_structs.checkpatch'
		rm -- *.deb
	)
}

# kzalloc_obj() is too new; version tests and the constant in them are what
# compat.h is for; without a tree it does not know the kernel's own names in
# mixed case.
checkpatch() {
	entry_make checkpatch 1 checkpatch_fetch
	"$cache/checkpatch/checkpatch.pl" --no-tree --strict --quiet --terse \
		--no-summary --ignore ALLOC_WITH_SIZEOF,CAMELCASE \
		--ignore LINUX_VERSION_CODE,CONSTANT_COMPARISON \
		-f kernel/*.[ch] kernel/selftest/*.c kernel/uapi/linux/*.h
}

scripts() {
	local file

	git ls-files -z .ci selftests iproute2-patch tools |
		while IFS= read -r -d '' file; do
			! head -n 2 "$file" | grep -qE '^#!.*bash|shell=bash' ||
				printf '%s\0' "$file"
		done | xargs -0 shellcheck -x -P SCRIPTDIR -S warning
}

for kernel in "${kernels[@]}"; do
	silent "module for $kernel: gcc W=1, sparse" module_is_clean "$kernel"
done
silent 'module: checkpatch --strict' checkpatch
silent 'tools: gcc' make -s -C tools O="$(mktemp -d)" CFLAGS='-O2 -Werror'
silent 'selftests: gcc' cc -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -fsyntax-only \
	selftests/*.c
silent 'tools: cppcheck' cppcheck -q --enable=warning,portability \
	--suppress=missingIncludeSystem --inline-suppr -Itools/include \
	-Ikernel/uapi -Ikernel tools/*.c
silent 'scripts: shellcheck' scripts
echo "$passed passed, $failed failed"
((failed == 0))
