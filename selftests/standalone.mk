# SPDX-License-Identifier: GPL-2.0
# What the kernel's lib.mk would do, for a tree that has none.

all: $(TEST_GEN_FILES)

%: %.c $(LOCAL_HDRS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $<

run_tests: all
	@./run.sh $(TESTS)

# What run.sh runs.
list:
	@printf '%s\n' $(TEST_PROGS)

clean:
	rm -f $(TEST_GEN_FILES)

.PHONY: all run_tests list clean
