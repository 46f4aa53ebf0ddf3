# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Debian roots made by mmdebstrap: the guest's own, and the one in which
# modules for kernels newer than the machine's compiler are built.

root_make() { # RELEASE PACKAGES-FILE DIR
	local sources=$3/sources.list

	note "making a $1 root from ${2##*/}"
	apt_sources "$1" >"$sources"
	mkdir "$3/root"
	# By way of tar, as it leaves neither device nodes nor foreign owners
	# behind whichever way mmdebstrap found to become root.
	mmdebstrap --quiet --variant=minbase --include="$(list_words "$2" ,)" \
		--aptopt='APT::Install-Recommends "false"' \
		--aptopt='Acquire::Retries "3"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		"$1" - "$sources" |
		tar -x -C "$3/root" --exclude='./dev/*'
}
