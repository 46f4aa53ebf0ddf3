# SPDX-License-Identifier: GPL-2.0
# What the kernel's lib.mk would do, for a tree that has none.

all:

run_tests: all
	@./run.sh $(TESTS)

# What run.sh runs.
list:
	@printf '%s\n' $(TEST_PROGS)

clean:

.PHONY: all run_tests list clean
