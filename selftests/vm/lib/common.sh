# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the scripts of this directory: where things are, and the cache.

vm_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck disable=SC2034 # for those who source this
mape_src=$(cd "${MAPE_SRC:-$vm_dir/../..}" && pwd -P)
home=~ # also right where HOME is unset, as under some CI runners
cache=${MAPE_CACHE:-${XDG_CACHE_HOME:-$home/.cache}/mape}
kernels=(6.1 6.12 7)

# Fresh machines keep these out of an ordinary user's PATH.
PATH=$PATH:/usr/sbin:/sbin

note() {
	echo "${0##*/}: $*" >&2
}

die() {
	note "$*"
	exit 1
}

check_kernel() {
	local k

	for k in "${kernels[@]}"; do
		[[ $k != "$1" ]] || return 0
	done
	die "unknown kernel '$1', known are: ${kernels[*]}"
}

as_root() {
	if ((EUID)); then
		sudo -n -- "$@"
	else
		"$@"
	fi
}

# One word per line in a list file; the sorted words, joined by $2.
list_words() {
	LC_ALL=C sort -u "$1" | paste -sd "$2"
}

digest() {
	cat "$@" | sha256sum | cut -c 1-16
}

entry_fresh() { # NAME KEY
	[[ -e $cache/$1/.key && $(<"$cache/$1/.key") == "$2" ]]
}

# A cache entry is a directory that appears whole or not at all. Its maker is
# called with the directory to fill. VMs hold the lock shared while they use
# the entry, so a stale one is never replaced under them.
entry_make() { # NAME KEY MAKER [ARG...]
	local name=$1 key=$2

	shift 2
	if entry_fresh "$name" "$key"; then
		return
	fi
	mkdir -p "$cache"
	(
		exec 9>"$cache/$name.lock"
		flock 9
		if entry_fresh "$name" "$key"; then
			exit 0
		fi
		rm -rf "$cache/$name.tmp"
		mkdir "$cache/$name.tmp"
		"$@" "$cache/$name.tmp"
		echo "$key" >"$cache/$name.tmp/.key"
		rm -rf "${cache:?}/$name"
		mv "$cache/$name.tmp" "$cache/$name"
	)
}

entry_forget() { # NAME
	rm -f "$cache/$1/.key"
}

# For the rest of the calling process and its children.
entry_use() { # NAME
	local fd

	exec {fd}>"$cache/$1.lock"
	flock -s "$fd"
}
