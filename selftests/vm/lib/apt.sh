# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # of common.sh: cache, vm_dir
# A private apt per Debian release: the system's mirror, our choice of suites,
# and no trace in the system's own state.

# The mirror is whatever the system is configured for, so that a local mirror
# or a proxy is honoured and no host name is written down here.
apt_mirrors() {
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' \
		'Created-By: Packages'
}

apt_sources() { # RELEASE
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	local main security suite

	main=$(apt_mirrors | awk '$2 !~ /-/ { print $1; exit }')
	security=$(apt_mirrors | awk '$2 ~ /-security$/ { print $1; exit }')
	[[ $main ]] || die "apt knows no Debian mirror: run apt-get update"
	for suite in "$1" "$1-backports"; do
		echo "deb [signed-by=$keyring] $main $suite main"
	done
	if [[ $security ]]; then
		echo "deb [signed-by=$keyring] $security $1-security main"
	fi
}

# Runs any apt program against the private state of one release.
apt_private() { # RELEASE PROGRAM [ARG...]
	local dir=$cache/apt-$1 program=$2

	shift 2
	"$program" -o Dir::State="$dir" -o Dir::State::status="$dir/status" \
		-o Dir::Cache="$dir/cache" -o Dir::Etc::sourcelist="$dir/list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null \
		-o Dir::Etc::preferencesparts=/dev/null \
		-o APT::Sandbox::User=root -o APT::Architecture=amd64 \
		-o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

# For the rest of the calling subshell.
apt_lock() { # RELEASE
	local fd

	mkdir -p "$cache/apt-$1"
	exec {fd}>"$cache/apt-$1/lock"
	flock "$fd"
}

apt_update() { # RELEASE
	local dir=$cache/apt-$1

	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	: >"$dir/status"
	apt_sources "$1" >"$dir/list"
	apt_private "$1" apt-get -qq update >&2
}

host_packages() {
	local name state missing=()

	while read -r name; do
		state=$(dpkg-query -Wf '${db:Status-Status}' "$name" 2>/dev/null) || :
		[[ $state == installed ]] || missing+=("$name")
	done <"$vm_dir/host-packages"
	((${#missing[@]})) || return 0
	mkdir -p "$cache"
	exec 8>"$cache/host-packages.lock"
	flock 8
	note "installing ${missing[*]}"
	host_install "${missing[@]}" || {
		as_root apt-get -qq update >&2
		host_install "${missing[@]}"
	}
	exec 8>&-
}

host_install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
		-o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@" >&2
}
