# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Debian's iproute2, as source and as binaries, through a private apt: its
# sources, lists and downloads are in the cache and the system's stay as they
# are.

releases=(bookworm trixie sid)
home=~ # also right where HOME is unset
cache=${MAPE_CACHE:-${XDG_CACHE_HOME:-$home/.cache}/mape}/iproute2
PATH=$PATH:/usr/sbin:/sbin

note() {
	echo "${0##*/}: $*" >&2
}

die() {
	note "$*"
	exit 1
}

as_root() {
	if ((EUID)); then
		sudo -n -- "$@"
	else
		"$@"
	fi
}

need_packages() { # PACKAGE...
	local name missing=()

	for name; do
		dpkg-query -Wf '${db:Status-Status}' "$name" 2>/dev/null |
			grep -qx installed || missing+=("$name")
	done
	((${#missing[@]})) || return 0
	note "installing ${missing[*]}"
	as_root apt-get -qq update >&2
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
		-o Dpkg::Use-Pty=0 --no-install-recommends \
		install "${missing[@]}" >&2
}

# The mirror is the one the system uses, so that no host name stands here.
# shellcheck disable=SC2016 # apt expands them
mirror() {
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' \
		'Created-By: Packages' | awk '$2 !~ /-/ { print $1; exit }'
}

apt_private() { # RELEASE PROGRAM [ARG...]
	local dir=$cache/apt-$1 program=$2

	shift 2
	"$program" -o Dir::State="$dir" -o Dir::State::status="$dir/status" \
		-o Dir::Cache="$dir/cache" -o Dir::Etc::sourcelist="$dir/list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null \
		-o Dir::Etc::preferencesparts=/dev/null \
		-o APT::Sandbox::User=root -o APT::Install-Recommends=false \
		-o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

# Lists of a day's age are good enough.
apt_update() { # RELEASE
	local dir=$cache/apt-$1 uri type
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg

	[[ -z $(find "$dir/updated" -mtime -1 2>/dev/null) ]] || return 0
	uri=$(mirror)
	[[ $uri ]] || die 'apt knows no Debian mirror: run apt-get update'
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	: >"$dir/status"
	for type in deb deb-src; do
		echo "$type [signed-by=$keyring] $uri $1 main"
	done >"$dir/list"
	apt_private "$1" apt-get -qq update >&2
	touch "$dir/updated"
}

# Whole or not at all: MAKER fills a directory, which then becomes NAME.
cached() { # NAME MAKER [ARG...]
	local dir=$cache/$1

	shift
	if [[ ! -d $dir ]]; then
		rm -rf "$dir.tmp"
		mkdir -p "$dir.tmp"
		(cd "$dir.tmp" && "$@") >&2 || return 1
		mv "$dir.tmp" "$dir"
	fi
	echo "$dir"
}

get_source() { # RELEASE
	apt_private "$1" apt-get -qq --download-only source iproute2 &&
		dpkg-source --no-check -x ./*.dsc tree
}

# With all it links to, so that an older system can run it. It is not an
# installation: no maintainer script runs.
get_binary() { # RELEASE
	local dir=$cache/apt-$1/cache/archives deb

	rm -f "$dir"/*.deb
	apt_private "$1" apt-get -qq -y --download-only install \
		iproute2 || return 1
	for deb in "$dir"/*.deb; do
		dpkg-deb -x "$deb" . || return 1
	done
	rm -f "$dir"/*.deb
}

version() { # RELEASE
	apt_private "$1" apt-cache --no-all-versions show iproute2 |
		sed -n 's/^Version: //p'
}

# Directories; nothing and status 1 if the mirror has not got it.
debian_source() { # RELEASE
	local dir

	apt_update "$1" || return 1
	dir=$(cached "source-$(version "$1")" get_source "$1") || return 1
	echo "$dir/tree"
}

debian_binary() { # RELEASE
	apt_update "$1" && cached "binary-$(version "$1")" get_binary "$1"
}

tree_version() { # TREE
	sed -n 's/.*version\[\] = "\(.*\)".*/\1/p' "$1/include/version.h"
}

newest_source() {
	local release

	need_packages dpkg-dev
	for release in "${releases[@]}"; do
		debian_source "$release" || :
	done | tail -n 1
}
