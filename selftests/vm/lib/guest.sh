# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # the options are variables of `run`
# The parts of one VM: what it has installed, what it runs, how it is booted.

# An overlay on the guest's root; relative to it all as a package would be.
guest_layer() { # DIR
	local layer=$1 plugin=$mape_src/iproute2-patch/link_mape.so
	local ip=$layer/usr/lib/x86_64-linux-gnu/ip

	mkdir -p "$layer"
	if [[ -e $mape_src/Kbuild ]]; then
		"$vm_dir/build-module" --kernel "$kernel" --layer "$layer" \
			${module_options[@]+"${module_options[@]}"} >/dev/null ||
			exit "$boot_failed"
	fi
	if [[ -e $mape_src/tools/mape ]]; then
		install -D -t "$layer/usr/bin" "$mape_src/tools/mape"
	fi
	if [[ -d $mape_src/tools/data ]]; then
		mkdir -p "$layer/usr/share/mape"
		cp -r "$mape_src/tools/data/." "$layer/usr/share/mape/"
	fi
	if [[ -e $plugin ]]; then
		install -D -m 644 -t "$ip" "$plugin"
	fi
}

guest_command() { # CTL COMMAND [ARG...]
	local ctl=$1 name dir=$PWD

	shift
	dir=$(pwd -P)
	[[ $dir/ == "$mape_src"/* ]] || dir=$mape_src
	cp "$vm_dir/guest/start" "$ctl/start"
	echo "$mape_src" >"$ctl/src"
	{
		echo "export HOME=/root LANG=C.UTF-8"
		for name in TERM "${!MAPE_@}"; do
			[[ ! ${!name+set} ]] ||
				printf 'export %s=%q\n' "$name" "${!name}"
		done
		printf 'cd %q || exit\n' "$dir"
		printf 'exec'
		printf ' %q' "$@"
		echo
	} >"$ctl/command"
}

guest_initramfs() { # FILE
	local dir=$tmp/initramfs.d

	mkdir -p "$dir/bin"
	cp -r "$cache/kernel-$kernel/boot" "$dir/boot"
	cp /bin/busybox "$dir/bin/"
	install -m 755 "$vm_dir/guest/init" "$dir/init"
	# Uncompressed, as it is the emulated processor that would unpack it.
	(cd "$dir" && find . | cpio --quiet -o -H newc) >"$1"
}

# Takes the guest's output to descriptors 4 and 5. Both processors of an SMP
# guest run in one thread: with one each, TCG may execute half-written code
# when the kernel patches itself.
guest_boot() {
	local share=local,security_model=none
	local base=$cache/guest-root/root entry=$cache/kernel-$kernel
	local args="console=ttyS0 loglevel=5 panic=-1 oops=panic mitigations=off
		nokaslr tsc=reliable no_timer_check audit=0 log_buf_len=1M"

	# The parent's death, even by SIGKILL, is the VM's.
	exec setpriv --pdeathsig TERM timeout -k 5 "$timeout" \
		qemu-system-x86_64 -nodefaults -no-user-config -display none \
		-accel tcg,thread=single -cpu qemu64,+rdrand \
		${icount:+-icount shift=0} \
		-smp "$smp" -m "$mem" -no-reboot -nic none \
		-kernel "$entry/vmlinuz" -initrd "$tmp/initramfs" \
		-append "${args//$'\n\t\t'/ } $append" \
		-serial "file:$tmp/console" \
		-device virtio-serial-pci,max_ports=4 \
		-chardev file,id=out,path=/dev/fd/4,append=on \
		-device virtserialport,chardev=out,nr=1 \
		-chardev file,id=err,path=/dev/fd/5,append=on \
		-device virtserialport,chardev=err,nr=2 \
		-virtfs "$share,readonly=on,mount_tag=base,path=${base//,/,,}" \
		-virtfs "$share,readonly=on,mount_tag=modules,path=${entry//,/,,}/modules" \
		-virtfs "$share,multidevs=remap,mount_tag=ctl,path=${ctl//,/,,}" \
		-virtfs "$share,multidevs=remap,mount_tag=src,path=${mape_src//,/,,}"
}

# The last logs of failed runs stay, with those before them for a while.
guest_keep_log() { # LOG
	local log dir=$cache/log

	mkdir -p "$dir"
	log=$dir/$(date +%Y%m%d-%H%M%S)-$kernel-$$
	cp "$1" "$log"
	note "the whole log is in $log"
	find "$dir" -type f -printf '%T@ %p\n' | sort -rn |
		sed -n '21,$s/^[^ ]* //p' | xargs -r -d '\n' rm -f
}
