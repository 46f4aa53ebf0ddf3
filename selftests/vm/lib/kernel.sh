# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # of common.sh: cache
# The cache entry of one Debian kernel:
#	release   what uname -r says
#	vmlinuz   the image
#	headers/  kbuild for it, unpacked and relocated
#	modules/  usr/lib/modules/RELEASE: what tests can need, decompressed
#	boot/     the modules the initramfs loads, and their order

# One list of what is unpacked: with the other thousands depmod, which runs
# for every change of mape.ko, would take seconds.
module_dirs=(arch crypto lib net 'drivers/net/*.ko*' drivers/net/bonding
	drivers/net/ipvlan drivers/net/netdevsim drivers/net/ovpn
	drivers/net/team drivers/net/vxlan drivers/net/wireguard
	drivers/char/virtio_console.ko* drivers/virtio fs/9p fs/netfs
	fs/fscache fs/fuse fs/overlayfs)
boot_modules=(virtio_pci virtio_console 9pnet_virtio 9p overlay)

kernel_suite() { # K
	case $1 in
	6.*) echo bookworm ;;
	*) echo trixie ;;
	esac
}

# The newest release of series K which has both image and headers. Its shape
# leaves out the cloud and rt flavours and release candidates.
kernel_newest() { # K
	local suite rel shape="${1//./\\.}\\.[0-9a-z.+]+(-[0-9]+)?-amd64"

	suite=$(kernel_suite "$1")
	apt_private "$suite" apt-cache pkgnames linux-headers- |
		sed -nE "s/^linux-headers-($shape)$/\1/p" | sort -rV |
		while read -r rel; do
			kernel_packages "$suite" "$rel" >/dev/null 2>&1 || continue
			echo "$rel"
			break
		done
}

# linux-image is left out: headers name it, and the unsigned one beside it.
kernel_package='linux-(base|binary|headers|kbuild|modules)-[0-9][^ ,]*'

# Image and headers with those of their dependencies that are of the kernel.
kernel_packages() { # SUITE RELEASE
	local todo=("linux-image-$2" "linux-headers-$2") seen=() name deps

	while ((${#todo[@]})); do
		name=${todo[0]}
		todo=("${todo[@]:1}")
		[[ " ${seen[*]} " != *" $name "* ]] || continue
		seen+=("$name")
		deps=$(apt_private "$1" apt-cache show --no-all-versions \
			"$name" | sed -n 's/^Depends: //p') || return
		mapfile -t -O "${#todo[@]}" todo < <(
			grep -oE "$kernel_package" <<<"$deps" | grep -v unsigned)
	done
	printf '%s\n' "${seen[@]}"
}

# What the mirror has now. apt's index is no use while another kernel of the
# suite has it updated, so the lock is the caller's.
kernel_look() { # K
	local suite

	suite=$(kernel_suite "$1")
	apt_update "$suite"
	kernel_newest "$1"
}

kernel_download() { # K DIR
	local suite rel debs

	suite=$(kernel_suite "$1")
	apt_lock "$suite"
	rel=$(kernel_look "$1")
	[[ $rel ]] || die "no kernel $1 in the sources"
	note "fetching kernel $rel"
	echo "$rel" >"$2/release"
	mkdir "$2/debs"
	mapfile -t debs < <(kernel_packages "$suite" "$rel")
	cd "$2/debs" || exit
	apt_private "$suite" apt-get -qq download "${debs[@]}"
}

kernel_make() { # K DIR
	local rel dir=$2

	(kernel_download "$1" "$dir")
	rel=$(<"$dir/release")
	kernel_unpack "$dir"
	kernel_relocate "$dir/headers" "$cache/kernel-$1/headers"
	kernel_modules "$dir" "$rel"
	kernel_boot_modules "$dir" "$rel"
	rm -rf "$dir/debs"
}

kernel_unpack() { # DIR
	local dir=$1 deb wanted=()

	for deb in "${module_dirs[@]}"; do
		wanted+=("*/kernel/$deb")
	done
	mkdir "$dir/headers" "$dir/image"
	for deb in "$dir"/debs/*.deb; do
		case $deb in
		*/linux-headers-* | */linux-kbuild-*)
			dpkg-deb -x "$deb" "$dir/headers"
			;;
		*)
			# Each package has only some of these.
			dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir/image" \
				--wildcards '*/vmlinuz*' '*/modules.*' \
				"${wanted[@]}" 2>/dev/null || :
			;;
		esac
	done
	find "$dir/image" -type f -name 'vmlinuz*' -exec mv {} "$dir/vmlinuz" \;
	[[ -s $dir/vmlinuz ]] || die "no kernel image in ${dir##*/}"
}

# Debian's headers name each other by absolute path, and are never installed.
kernel_relocate() { # DIR FINAL
	local makefile

	for makefile in "$1"/usr/src/linux-headers-*-amd64/{Makefile,.kernelvariables}; do
		sed -i "s|/usr/src/|$2/usr/src/|g" "$makefile"
	done
}

kernel_modules() { # DIR RELEASE
	local modules=$1/modules

	# modprobe and depmod look below lib/, Debian's packages have either.
	mkdir -p "$modules/usr/lib/modules"
	ln -s usr/lib "$modules/lib"
	mv "$1"/image/{usr/,}lib/modules/"$2" "$modules/usr/lib/modules/" 2>/dev/null || :
	rm -rf "$1/image"
	find "$modules" -name '*.ko.xz' -print0 | xargs -0r -P "$(nproc)" -n 32 unxz
	depmod -b "$modules" "$2"
}

# In the order in which insmod can take them, as the initramfs has no modprobe.
kernel_boot_modules() { # DIR RELEASE
	local module path

	mkdir "$1/boot"
	for module in "${boot_modules[@]}"; do
		modprobe -d "$1/modules" -S "$2" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
		while read -r path; do
			cp "$path" "$1/boot/"
			echo "${path##*/}"
		done >"$1/boot/order"
}
