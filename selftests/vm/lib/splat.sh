# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What a kernel says only when something is wrong with it.

splats=(
	'\bBUG[: ]'
	'\bWARNING: '
	'\bOops\b'
	'\bKASAN\b'
	'\bUBSAN\b'
	'\bKCSAN\b'
	'\bKFENCE\b: '
	'Call Trace:'
	'Kernel panic'
	'general protection fault'
	'possible (circular|recursive) locking'
	'possible irq lock inversion'
	'inconsistent lock state'
	'irq-safe -> .*irq-unsafe lock order'
	'suspicious RCU usage'
	'bad unlock balance'
	'held lock freed'
	'still held'
	'trying to register non-static key'
	'DEBUG_LOCKS_WARN_ON'
	'unregister_netdevice: waiting'
	'blocked for more than [0-9]+ seconds'
	'rcu.*(detected|self-detected).*stall'
	'soft lockup|hard LOCKUP'
	'refcount_t: '
	'ODEBUG: '
	'kmemleak: [0-9]+ new suspected'
	'scheduling while atomic'
	'Objects remaining in'
)

splat_pattern=$(IFS='|'; echo "${splats[*]}")

splat_in() { # LOG
	grep -qE "$splat_pattern" -- "$1"
}

# The first splat with what the kernel says about it, or else the log's end.
splat_show() { # LOG
	if splat_in "$1"; then
		grep -E -m 1 -A 60 "$splat_pattern" -- "$1"
	else
		tail -n 30 "$1"
	fi
}
