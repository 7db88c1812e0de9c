# SPDX-License-Identifier: BSD-2-Clause
# gslbd and gslbctl. `make help` lists the targets. Flat on purpose: every room is a folder, found by
# wildcard; its sources become one archive; programs and tests link archives.

# ---- what a user may set ---------------------------------------------------------------------------
SAN    ?=
CC     := $(if $(filter default,$(origin CC)),gcc,$(CC))
CFLAGS ?= -O2 -g
# Warnings count in CI, but not with sanitizers, whose checks make gcc see ghosts.
WERROR ?= $(if $(CI),$(if $(SAN),,-Werror))
PREFIX ?= /usr/local
V      ?=
FUZZ_SECONDS ?= 60
# address,undefined -> build-asan, thread -> build-tsan
BUILD  ?= build$(if $(SAN),-$(if $(findstring thread,$(SAN)),tsan,asan))

ROOMS := base zones health resolver ipvs server ctl

# ---- flags -----------------------------------------------------------------------------------------
WARN := -Wall -Wextra -Wpedantic $(WERROR) -Wshadow -Wconversion -Wsign-conversion -Wformat=2 \
        -Wundef -Wstrict-prototypes -Wold-style-definition -Wmissing-prototypes \
        -Wredundant-decls -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla -Walloca \
        -Wswitch-enum -Wnull-dereference -Wdouble-promotion -Wdate-time
WARN_GCC := -Wcast-align=strict -Wduplicated-cond -Wduplicated-branches -Wlogical-op \
        -Wimplicit-fallthrough=5 -Wjump-misses-init
WARN_CLANG := -Wno-format-nonliteral
IS_CLANG := $(findstring clang,$(CC))

HARDEN := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -ftrivial-auto-var-init=zero \
        -fstack-protector-strong -fstack-clash-protection
ifneq ($(filter x86_64 i%86,$(shell uname -m)),)
HARDEN += -fcf-protection=full
endif
SANFLAGS := -U_FORTIFY_SOURCE -fno-omit-frame-pointer -fsanitize=$(SAN) -fno-sanitize-recover=all

PKGS     := ldns libuv libmaxminddb jansson libmicrohttpd libcurl libcrypto libnl-genl-3.0
HAVE_PC  := $(shell command -v pkg-config 2>/dev/null)
PKG_CFLAGS := $(if $(HAVE_PC),$(shell pkg-config --cflags $(PKGS) 2>/dev/null))
PKG_LIBS := $(if $(HAVE_PC),$(shell pkg-config --libs $(PKGS) 2>/dev/null))
CHECK_LIBS = $(shell pkg-config --libs check 2>/dev/null)

# What the object files are compiled with, whatever the user says in CFLAGS.
ALL_CFLAGS := -std=c17 -D_GNU_SOURCE -I. $(WARN) $(if $(IS_CLANG),$(WARN_CLANG),$(WARN_GCC)) \
        $(CFLAGS) -fPIE -fno-common -pthread $(if $(SAN),$(SANFLAGS),$(HARDEN)) $(PKG_CFLAGS)
ALL_LDFLAGS := -pie -pthread -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code \
        -Wl,--as-needed $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS)
LIBS := $(PKG_LIBS) -lpthread -lm

# As many jobs as cores where the user did not say (seen in recipes only, hence not :=).
JOBS = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
say = $(if $(V),,@printf '%-5s %s\n' '$(1)' '$(2)' &&)

# ---- sources ---------------------------------------------------------------------------------------
obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
room_src = $(filter-out %/main.c,$(wildcard $(1)/*.c))
room_lib = $(if $(call room_src,$(1)),$(BUILD)/lib/lib$(1).a)

# What a room's tests link, users first; the same order as the include table of tests/lint/includes.sh.
LINK_base     := base
LINK_zones    := zones base
LINK_health   := health base
LINK_resolver := resolver health zones base
LINK_ipvs     := ipvs health base
LINK_ctl      := ctl ipvs base
LINK_server   := server resolver ipvs health zones base
LINK_all      := server ctl resolver ipvs health zones base
link = $(foreach r,$(LINK_$(1)),$(call room_lib,$(r)))

SUPPORT_LIB := $(if $(wildcard tests/support/*.c),$(BUILD)/lib/libsupport.a)
# A test that counts allocations replaces malloc, which a sanitizer does too.
SAN_SKIPS := $(if $(SAN),%_noalloc.c)
test_src = $(filter-out $(SAN_SKIPS),$(wildcard $(1)))
UNIT_SRC := $(call test_src,tests/unit/*/test_*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
# Here a file with a main is a program, the others of the folder are linked to each of them.
programs = $(if $(1),$(shell grep -l '^int main\b' $(1) /dev/null))
SCENARIO_SRC := $(call programs,$(call test_src,tests/scenario/*.c))
LAB_SRC := $(call programs,$(wildcard tests/lab/*.c))
BENCH_SRC := $(call programs,$(wildcard tests/bench/*.c))
parts = $(call obj,$(filter-out $($(2)_SRC),$(call test_src,tests/$(1)/*.c)))
SCENARIO_PARTS := $(call parts,scenario,SCENARIO)
LAB_PARTS := $(call parts,lab,LAB)
BENCH_PARTS := $(call parts,bench,BENCH)
bins = $(patsubst %.c,$(BUILD)/%,$(1))

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.PHONY: all help unit scenario fuzz fuzz-build fuzz-run system lab lab-qemu test test-run test-full \
        lint format bench bench-ipvs run install uninstall clean deps deps-test deps-full deps-bench
.DEFAULT_GOAL := all

all: $(BUILD)/gslbd $(BUILD)/gslbctl

help:
	@sed -n 's/^#: *//p' $(MAKEFILE_LIST)

#: make                    build/gslbd and build/gslbctl
#: make run                install what is missing, build, start the demo
#: make test | test-full   install what is missing, then run the suite (about 10 minutes) | and the long tests
#: make unit | unit-ROOM   unit tests           make scenario | system | lab | fuzz   the other suites
#: make lab-qemu           some of the lab on a newer kernel, also with SAN=; LAB= files of tests/lab, for lab too
#: make lib-ROOM           one room's archive         make fuzz-run FUZZ_SECONDS=60   libFuzzer, with clang
#: make lint | format      static checks | rewrite all sources by clang-format
#: make bench              side by side with other servers; BENCH= options of tests/bench/bench.py
#: make bench-ipvs         the kernel's table beside ipvsadm, in a guest
#: make install            PREFIX=/usr/local DESTDIR=
#: make deps | deps-test | deps-full | deps-bench   packages to build | test | test-full | bench (Debian)
#: make clean
#: Variables: BUILD=dir  SAN=address,undefined|thread  CC=  CFLAGS=  WERROR=-Werror  V=1

# ---- compile and link ------------------------------------------------------------------------------
# All objects are made again when the flags change, and only then.
FLAGS_TEXT := $(CC) $(ALL_CFLAGS)
$(BUILD)/.flags: FORCE
	@mkdir -p $(@D)
	@$(if $(HAVE_PC),pkg-config --exists $(PKGS) 2>/dev/null,false) || \
	  { echo "make: libraries are missing: run 'make deps' first" >&2; exit 1; }
	@printf '%s\n' '$(FLAGS_TEXT)' | cmp -s - $@ || printf '%s\n' '$(FLAGS_TEXT)' >$@
FORCE:

$(BUILD)/obj/%.o: %.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# A room's archive; made anew, so that a removed source leaves it.
define room_rules
$(BUILD)/lib/lib$(1).a: $(call obj,$(call room_src,$(1)))
	@mkdir -p $$(@D)
	$$(call say,AR,$$@)rm -f $$@ && $(AR) rcsD $$@ $$^

.PHONY: lib-$(1) unit-$(1)
lib-$(1): $(call room_lib,$(1))
unit-$(1): $(call bins,$(filter tests/unit/$(1)/%,$(UNIT_SRC)))
	@tests/setup/runtests.sh -c unit-$(1) $(BUILD) $$^

$(BUILD)/tests/unit/$(1)/%: $(BUILD)/obj/tests/unit/$(1)/%.o $(SUPPORT_LIB) $(call link,$(1))
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)$(CC) $(ALL_LDFLAGS) -o $$@ $$^ $(CHECK_LIBS) $(LIBS)
endef
$(foreach r,$(ROOMS),$(eval $(call room_rules,$(r))))

$(BUILD)/lib/libsupport.a: $(call obj,$(wildcard tests/support/*.c))
	@mkdir -p $(@D)
	$(call say,AR,$@)rm -f $@ && $(AR) rcsD $@ $^

$(BUILD)/gslbd: $(BUILD)/obj/server/main.o $(call link,server)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/gslbctl: $(BUILD)/obj/ctl/main.o $(call link,ctl)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/scenario/%: $(BUILD)/obj/tests/scenario/%.o $(SCENARIO_PARTS) $(SUPPORT_LIB) $(call link,all)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CHECK_LIBS) $(LIBS)

$(BUILD)/tests/lab/%: $(BUILD)/obj/tests/lab/%.o $(LAB_PARTS) $(SUPPORT_LIB) $(call link,all)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CHECK_LIBS) $(LIBS)

BENCH_BINS := $(patsubst tests/bench/%.c,$(BUILD)/%,$(BENCH_SRC))
$(BENCH_BINS): $(BUILD)/%: $(BUILD)/obj/tests/bench/%.o $(BENCH_PARTS)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lm

$(BUILD)/demo-backends: $(BUILD)/obj/tests/demo/demo_backends.o
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^

# FUZZER=1: libFuzzer brings the main; otherwise tests/fuzz/main.c replays the corpus.
FUZZ_MAIN := $(if $(FUZZER),,$(BUILD)/obj/tests/fuzz/main.o)
$(BUILD)/tests/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(FUZZ_MAIN) $(SUPPORT_LIB) $(call link,all)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) $(if $(FUZZER),-fsanitize=fuzzer) -o $@ $^ $(LIBS)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# ---- tests -----------------------------------------------------------------------------------------
unit: $(call bins,$(UNIT_SRC))
	@tests/setup/runtests.sh -c unit $(BUILD) $^

scenario: $(call bins,$(SCENARIO_SRC))
	@tests/setup/runtests.sh -c scenario $(BUILD) $^

fuzz: $(call bins,$(FUZZ_SRC))
	@tests/setup/runtests.sh fuzz $(BUILD) $^

fuzz-build: $(call bins,$(FUZZ_SRC))

fuzz-run:
	$(MAKE) CC=clang BUILD=$(BUILD)-fuzz SAN=fuzzer-no-link,address,undefined FUZZER=1 fuzz-build
	tests/setup/fuzzrun.sh $(BUILD)-fuzz $(FUZZ_SECONDS)

system: all $(BUILD)/demo-backends $(BENCH_BINS)
	@/usr/bin/python3 tests/system/run.py --build $(BUILD)

# In guests with a kernel that has IPVS: tests/lab/README.md.
lab: all $(call bins,$(LAB_SRC))
	@/usr/bin/python3 tests/lab/run.py --build $(BUILD) $(LAB)

lab-qemu: all $(call bins,$(LAB_SRC))
	@LAB_GUEST=qemu /usr/bin/python3 tests/lab/run.py --build $(BUILD) $(LAB)

test:
	@tests/setup/deps.sh build test
	@$(MAKE) --no-print-directory $(JOBS) test-run

test-run:
	@tests/setup/suites.sh '$(MAKE)' $(BUILD) unit scenario fuzz system lab

# The lab on another kernel, the real daemon under each sanitizer, and the fuzzers for a while.
test-full: test
	@tests/setup/deps.sh full
	@$(MAKE) --no-print-directory $(JOBS) lab-qemu
	@tests/setup/suites.sh '$(MAKE) $(JOBS) SAN=address,undefined' $(BUILD)-asan unit scenario fuzz system
	@$(MAKE) --no-print-directory $(JOBS) SAN=address,undefined BUILD=$(BUILD)-asan lab-qemu \
	  LAB='test_reconcile.py test_lifecycle.py'
	@tests/setup/suites.sh '$(MAKE) $(JOBS) SAN=thread' $(BUILD)-tsan unit scenario system
	@$(MAKE) --no-print-directory $(JOBS) fuzz-run

lint:
	@tests/lint/run.sh $(BUILD) '$(ALL_CFLAGS)'

format:
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs -r clang-format -i

bench:
	@tests/setup/deps.sh build bench
	@$(MAKE) --no-print-directory $(JOBS) all $(BENCH_BINS)
	@/usr/bin/python3 tests/bench/bench.py --build $(BUILD) $(BENCH)

# IPVS beside ipvsadm, in a guest.
bench-ipvs:
	@tests/setup/deps.sh build test
	@$(MAKE) --no-print-directory $(JOBS) all
	@LAB_SECONDS=600 tests/lab/run.sh -b $(BUILD) /usr/bin/python3 -B tests/lab/bench_ipvs.py $(BENCH)

# ---- use -------------------------------------------------------------------------------------------
deps:
	@tests/setup/deps.sh build
deps-test:
	@tests/setup/deps.sh test
deps-full:
	@tests/setup/deps.sh full
deps-bench:
	@tests/setup/deps.sh build bench

run:
	@tests/setup/deps.sh build run
	@$(MAKE) --no-print-directory $(JOBS) all $(BUILD)/demo-backends
	@tests/demo/run.sh $(BUILD)

# /usr and /usr/local keep their configuration in /etc, any other prefix below itself.
SYSCONFDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),/etc,$(PREFIX)/etc)
MAN := $(wildcard docs/man/*.1 docs/man/*.5 docs/man/*.8)
TO  := $(DESTDIR)$(PREFIX)
install: all
	install -D -m 755 $(BUILD)/gslbd $(TO)/sbin/gslbd
	install -D -m 755 $(BUILD)/gslbctl $(TO)/bin/gslbctl
	set -e; for m in $(MAN); do install -D -m 644 $$m $(TO)/share/man/man$${m##*.}/$${m##*/}; done
	install -d $(TO)/lib/systemd/system
	sed 's|@SBINDIR@|$(PREFIX)/sbin|; s|@SYSCONFDIR@|$(SYSCONFDIR)|' packaging/gslbd.service.in \
	  >$(TO)/lib/systemd/system/gslbd.service
	chmod 644 $(TO)/lib/systemd/system/gslbd.service
	install -D -m 644 packaging/gslbd-ipvs.conf $(TO)/share/gslb/gslbd-ipvs.conf
	install -D -m 644 packaging/gslb.sysusers $(TO)/lib/sysusers.d/gslb.conf
	install -D -m 644 packaging/gslb.tmpfiles $(TO)/lib/tmpfiles.d/gslb.conf
	install -D -m 644 packaging/gslbctl.bash-completion \
	  $(TO)/share/bash-completion/completions/gslbctl
	install -D -m 644 packaging/gslb.json $(DESTDIR)$(SYSCONFDIR)/gslb/gslb.json.sample
	install -D -m 644 packaging/example.com.zone $(DESTDIR)$(SYSCONFDIR)/gslb/example.com.zone.sample
	set -e; cd $(DESTDIR)$(SYSCONFDIR)/gslb; test -e gslb.json || for f in gslb.json example.com.zone; do \
	  test -e $$f || cp $$f.sample $$f; done

# What install put there, but for the configuration.
uninstall:
	rm -f $(TO)/sbin/gslbd $(TO)/bin/gslbctl $(TO)/lib/systemd/system/gslbd.service \
	  $(TO)/lib/sysusers.d/gslb.conf $(TO)/lib/tmpfiles.d/gslb.conf \
	  $(TO)/share/bash-completion/completions/gslbctl $(TO)/share/gslb/gslbd-ipvs.conf
	for m in $(MAN); do rm -f $(TO)/share/man/man$${m##*.}/$${m##*/}; done

clean:
	rm -rf build build-asan build-tsan build-fuzz
