# SPDX-License-Identifier: GPL-2.0
#
#   make demo            the main job, shown step by step in a virtual machine
#   make test            all tests; KERNEL=6.1|6.12|7|all, TESTS=glob
#   make check           static checks of the sources
#
#   make                 module, tool and `ip` plug-in for this machine
#   make install         all of them; DESTDIR, PREFIX, KERNELDIR
#   make dkms-install    the module by DKMS, the rest as `install`
#
# Kbuild is the module's own makefile.

KERNELDIR	?= /lib/modules/$(shell uname -r)/build
PREFIX		?= /usr
KERNEL		?= all
TESTS		?= *

VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
DKMS_SRC := $(DESTDIR)/usr/src/mape-$(VERSION)
vm := selftests/vm

all: module tools

module:
	$(MAKE) -C $(KERNELDIR) M=$(CURDIR) modules

tools:
	$(MAKE) -C tools PREFIX=$(PREFIX) VERSION=$(VERSION)
	$(MAKE) -C iproute2-patch

install: module tools-install
	$(MAKE) -C $(KERNELDIR) M=$(CURDIR) \
		$(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR)) modules_install

tools-install: tools
	$(MAKE) -C tools PREFIX=$(PREFIX) VERSION=$(VERSION) install
	$(MAKE) -C iproute2-patch install

dkms-install: tools-install
	install -d $(DKMS_SRC)
	cp -r dkms.conf Kbuild kernel COPYING $(DKMS_SRC)
	$(if $(DESTDIR),,dkms install mape/$(VERSION))

uninstall:
	$(MAKE) -C tools PREFIX=$(PREFIX) uninstall
	$(MAKE) -C iproute2-patch uninstall
	rm -f $(DESTDIR)/lib/modules/*/updates/mape.ko*
	$(if $(DESTDIR),,-dkms remove mape/$(VERSION) --all)
	rm -rf $(DKMS_SRC)

# The virtual machine's own needs, by apt, and then what is built here.
prepare:
	$(vm)/prepare --kernel $(KERNEL)

demo: KERNEL := 6.1
demo: prepare
	$(MAKE) -s tools
	$(vm)/run --kernel $(KERNEL) -- selftests/demo.sh

# The tests' own programs: there is no compiler where they run.
test-programs:
	$(MAKE) -C selftests

test: prepare
	$(MAKE) -s tools test-programs
	selftests/all.sh $(KERNEL) '$(TESTS)'

check: prepare
	selftests/check.sh

clean:
	$(MAKE) -C tools clean
	$(MAKE) -C iproute2-patch clean
	$(MAKE) -C selftests clean
	$(MAKE) -C selftests/unit clean
	rm -rf *.ko *.mod *.mod.c *.o .*.cmd modules.order Module.symvers \
		kernel/*.o kernel/.*.cmd

.PHONY: all module tools install tools-install dkms-install uninstall prepare \
	demo test-programs test check clean
