#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Run test programs that write TAP and make one numbered TAP of it. A program
# that dies without a failed test is a failed test. Non-zero if one failed.

cd "$(dirname "$0")" || exit 1
export CMOCKA_MESSAGE_OUTPUT=TAP

for program in "$@"; do
	name=$(basename "$program")
	echo "# $name"
	"$program" 2>&1
	echo "@ $? $name"
done | awk '
	/^1\.\.[0-9]+( |$)/ { planned = substr($1, 4); next }
	/^(not )?ok( |$)/ {
		failed = /^not/
		sub(/^(not )?ok *[0-9]* *(- )?/, "")
		print (failed ? "not ok " : "ok ") ++n " - " $0
		bad += failed; here++; here_bad += failed
		next
	}
	/^@ [0-9]+ / {
		if (($2 != 0 && $2 != 4 && !here_bad) || here != planned) {
			print "not ok " ++n " - " $3 " ended with status " $2 \
			      " after " here + 0 " of " planned + 0 " tests"
			bad++
		}
		here = here_bad = planned = 0
		next
	}
	{ print (/^#/ ? "" : "# ") $0 }
	END { print "1.." n; exit bad > 0 }'
