# ll: programs are */ll-*.c, everything else is libll.a. `make help` lists the targets.

VERSION := $(shell sed -n 's/^\#define LL_VERSION "\(.*\)"/\1/p' base/version.h)
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share

CC ?= cc
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wvla -Wformat=2 -Wsign-compare
# Sums must not depend on whether a compiler fuses: contraction is off everywhere.
ALL_CFLAGS := -std=c11 -D_GNU_SOURCE -I. $(WARNINGS) -ffp-contract=off -pthread
LIBS := -ljansson -lyaml -ledit -lz -lm
TEST_LIBS := -lcmocka

SAN ?=
ifneq ($(SAN),)
ALL_CFLAGS += -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all -DLL_FEW_COLS -DLL_FEW_ITEMS
# Under thread the reference ids of the Llama 3 vocabulary take minutes.
export LL_TEST_TIMEOUT ?= 600
endif
OUT ?= build$(if $(SAN),/$(SAN))
# make parts names at spaces. Where all of this lies may have some: no name here is absolute.
ifneq ($(words $(OUT)),1)
$(error OUT is '$(OUT)': it must be one name without a space)
endif

ROOMS := base tensor stream model tokenize embed forward sample train serve bench
SOURCES := $(filter-out $(WITHOUT),$(sort $(wildcard $(ROOMS:%=%/*.c))))
PROGRAM_SOURCES := $(filter $(foreach room,$(ROOMS),$(room)/ll-%.c),$(SOURCES))
LIBRARY_SOURCES := $(filter-out $(PROGRAM_SOURCES),$(SOURCES))
UNIT_SOURCES := $(sort $(wildcard tests/unit/t_*.c))
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/fuzz_*.c))

PROGRAMS := $(addprefix $(OUT)/bin/,$(notdir $(PROGRAM_SOURCES:.c=)))
OBJECTS := $(LIBRARY_SOURCES:%.c=$(OUT)/%.o)
UNIT_TESTS := $(UNIT_SOURCES:tests/unit/%.c=$(OUT)/tests/%.t) $(OUT)/tests/t_training_double.t
FUZZ_TESTS := $(FUZZ_SOURCES:tests/fuzz/%.c=$(OUT)/tests/%.t)
FUZZERS := $(FUZZ_SOURCES:tests/fuzz/%.c=$(OUT)/fuzzers/%)
# What is installed below share/: $(OUT)/share looks the same, so that it serves uninstalled.
SHARED := $(patsubst %,$(OUT)/share/ll/%,$(sort $(notdir $(wildcard share/*.yaml share/models/*.gguf share/models/*.yaml))) \
	fetch $(patsubst share/%,%,$(filter-out %/__pycache__,$(sort $(wildcard share/recipes/* share/tales/*)))))
NAMES := $(notdir $(PROGRAM_SOURCES:.c=))
COMPLETIONS := $(NAMES:%=$(OUT)/share/bash-completion/completions/%) \
	$(NAMES:%=$(OUT)/share/zsh/site-functions/_%) \
	$(NAMES:%=$(OUT)/share/fish/vendor_completions.d/%.fish)
PAGES := $(sort $(wildcard man/*.[157]))

Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)	$(2)")
LINK = $(CC) $(ALL_CFLAGS) $(CFLAGS) $(LDFLAGS)
NEED := share/need
RUN = tests/run $(OUT)

## all             build the programs into build/bin (the default)
all: $(PROGRAMS) $(SHARED) $(COMPLETIONS)

ARCH := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine 2>/dev/null)))
ifeq ($(ARCH),x86_64)
AVX2_CFLAGS := -mavx2 -mfma -mf16c
AVX512_CFLAGS := $(AVX2_CFLAGS) -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vnni
%_avx2.o: ISA_CFLAGS := $(AVX2_CFLAGS)
%_avx512.o: ISA_CFLAGS := $(AVX512_CFLAGS)
%_avx512bf16.o: ISA_CFLAGS := $(AVX512_CFLAGS) -mavx512bf16
%_amx.o: ISA_CFLAGS := $(AVX512_CFLAGS) -mavx512bf16 -mamx-tile -mamx-int8 -mamx-bf16
endif
ifeq ($(ARCH),aarch64)
%_neon.o: ISA_CFLAGS := -march=armv8.2-a+dotprod
%_neoni8mm.o: ISA_CFLAGS := -march=armv8.2-a+dotprod+i8mm
endif

# Other flags, another compiler: everything anew. Here a missing library is named, too.
$(OUT)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(LINK) $(CPPFLAGS)' | cmp -s - $@ || \
		{ CC='$(CC)' $(NEED) -n build && echo '$(LINK) $(CPPFLAGS)' >$@; }

$(OUT)/%.o: %.c $(OUT)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(CFLAGS) $(ISA_CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/libll.a: $(OBJECTS)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

define program_rule
$(OUT)/bin/$(notdir $(1:.c=)): $(OUT)/$(1:.c=.o) $(OUT)/libll.a
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(LINK) -o $$@ $$^ $$(LIBS)
endef
$(foreach source,$(PROGRAM_SOURCES),$(eval $(call program_rule,$(source))))

vpath %.yaml share share/models
vpath %.gguf share/models
$(OUT)/share/ll/%: %
	@mkdir -p $(@D)
	@cp $< $@

$(OUT)/share/ll/%: share/%
	@mkdir -p $(@D)
	@cp -p $< $@

# The programs write them from their tables of options.
define completion_rule
$(2): $(OUT)/bin/$(1)
	@mkdir -p $$(@D)
	@$$< --completion $(3) >$$@ || { rm -f $$@; exit 1; }
endef
$(foreach n,$(NAMES),$(eval $(call completion_rule,$n,$(OUT)/share/bash-completion/completions/$n,bash)))
$(foreach n,$(NAMES),$(eval $(call completion_rule,$n,$(OUT)/share/zsh/site-functions/_$n,zsh)))
$(foreach n,$(NAMES),$(eval $(call completion_rule,$n,$(OUT)/share/fish/vendor_completions.d/$n.fish,fish)))

# Gradients are held against differences and PyTorch's in doubles: a build of its own of these files.
DOUBLE := $(patsubst %,$(OUT)/double/train/%.o,attend linear loops_ref memory net net_run optimise output product)
$(OUT)/double/%.o: %.c $(OUT)/flags
	$(call say,CC,$< in doubles)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(CFLAGS) -DLL_TRAIN_DOUBLE -MMD -MP -c -o $@ $<

$(OUT)/tests/t_gradient.t: $(OUT)/double/tests/unit/t_gradient.o $(DOUBLE) $(OUT)/libll.a
	$(call say,LD,$@)
	$(Q)$(LINK) -o $@ $^ $(TEST_LIBS) $(LIBS)

$(OUT)/tests/t_training_double.t: $(OUT)/double/tests/unit/t_training.o $(DOUBLE) $(OUT)/libll.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $^ $(TEST_LIBS) $(LIBS)

$(OUT)/tests/t_%.t: $(OUT)/tests/unit/t_%.o $(OUT)/libll.a
	$(call say,LD,$@)
	$(Q)$(LINK) -o $@ $^ $(TEST_LIBS) $(LIBS)

$(OUT)/tests/fuzz_%.t: $(OUT)/tests/fuzz/fuzz_%.o $(OUT)/tests/fuzz/replay.o $(OUT)/libll.a
	$(call say,LD,$@)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

$(OUT)/tests/levels: $(OUT)/tests/levels.o $(OUT)/libll.a
	$(Q)$(LINK) -o $@ $^ $(LIBS)

$(OUT)/fuzzers/%: $(OUT)/tests/fuzz/%.o $(OUT)/libll.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) -fsanitize=fuzzer -o $@ $^ $(LIBS)

## demo            ask the model that comes with ll (MODEL=smollm2: a larger one, fetched once)
demo:
	@CC='$(CC)' $(NEED) build $(if $(MODEL),fetch)
	@$(MAKE) --no-print-directory all
	@MODEL='$(MODEL)' share/demo $(OUT)/bin

## check           install what tests need, build, run every test
check:
	@CC='$(CC)' $(NEED) build fetch check
	@$(MAKE) --no-print-directory tested

tested: all tests
	@$(RUN) layers $(AARCH64) man unit fuzz cli pipe

tests: $(UNIT_TESTS) $(FUZZ_TESTS)

## check-unit      the tests in C
check-unit: tests
	@$(RUN) unit fuzz

## check-cli       the tests of each program and of the pipes
check-cli: all
	@$(RUN) cli pipe

## check-man       the manual pages: form, options, examples
check-man: all
	@$(RUN) man

## check-layers    who includes whom
check-layers:
	@tests/check-layers

## check-aarch64   kernels for aarch64, under an emulator
check-aarch64:
	@$(RUN) aarch64

# Not in a build with sanitizers, nor where the other tests are for aarch64 themselves.
AARCH64 := $(if $(SAN)$(filter aarch64,$(ARCH)),,aarch64)

## check-isa       unit and cli tests with each LL_CPU
check-isa: all tests $(OUT)/tests/levels
	@tests/check-isa $(OUT)

## bench           limits, kernels, a model of 1B's shape; the pipe's joints: ten minutes at most
bench:
	@CC='$(CC)' $(NEED) build fetch
	@$(MAKE) --no-print-directory all $(WIDE) $(SHAPE_1B)
	@LL_MODEL=$$(share/fetch smollm2) && export LL_MODEL && PATH=$(OUT)/bin:$$PATH && \
		ll-bench --limits && ll-bench --kernel all -r 3 && ll-bench -m $(SHAPE_1B) -p 256 -n 32 -b 1,8 -r 3 && \
		ll-bench && ll-bench -m $(WIDE)

# Random weights in the shape of Llama 3.2 1B, 0.8 GB.
SHAPE_1B := $(OUT)/model/shape-1b-q4_0.gguf
$(SHAPE_1B): tests/mkgguf.py
	@mkdir -p $(@D)
	$(Q)$< --dim 2048 --layers 16 --heads 32 --kv-heads 8 --ffn 8192 --vocab-size 128256 --context 131072 \
		--rope-scaling llama3 --rope-factor 32 --tied --type q4_0 --output-type q6_k --random-blocks $@

WIDE := $(OUT)/model/logits128256.gguf
$(WIDE): tests/mkgguf.py
	@mkdir -p $(@D)
	$(Q)$< --dim 256 --layers 2 --heads 4 --kv-heads 2 --ffn 512 --vocab-size 128256 \
		--type q8_0 --tied --context 4096 $@

## fuzz            clang's libFuzzer on each reader, FUZZ_SECONDS=60 each
FUZZ_SECONDS ?= 60
fuzz:
	@$(MAKE) --no-print-directory CC=clang OUT=build/fuzz \
		SAN=fuzzer-no-link,address,undefined fuzzers
	@tests/fuzz/explore build/fuzz/fuzzers $(FUZZ_SECONDS)

fuzzers: $(FUZZERS)

## install         programs and pages below DESTDIR and PREFIX=/usr/local
install: all
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))
	$(Q)install -d '$(DESTDIR)$(BINDIR)' $(foreach n,1 5 7,'$(DESTDIR)$(MANDIR)/man$(n)')
	$(Q)install -m 755 $(PROGRAMS) '$(DESTDIR)$(BINDIR)'
	$(Q)$(foreach page,$(PAGES),install -m 644 $(page) '$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(page)))' &&) :
	$(Q)install -d $(patsubst $(OUT)/share/%,'$(DESTDIR)$(DATADIR)/%',$(sort $(dir $(SHARED) $(COMPLETIONS))))
	$(Q)$(foreach f,$(COMPLETIONS),install -m 644 $f $(patsubst $(OUT)/share/%,'$(DESTDIR)$(DATADIR)/%',$f) &&) :
	$(Q)$(foreach f,$(SHARED),install -m $$(test -x $f && echo 755 || echo 644) $f $(patsubst $(OUT)/share/%,'$(DESTDIR)$(DATADIR)/%',$f) &&) :

## uninstall       exactly what install put there
uninstall:
	$(call say,REMOVE,$(DESTDIR)$(PREFIX))
	$(Q)rm -f $(patsubst $(OUT)/bin/%,'$(DESTDIR)$(BINDIR)/%',$(PROGRAMS))
	$(Q)rm -f $(foreach page,$(PAGES),'$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(notdir $(page))')
	$(Q)rm -f $(patsubst $(OUT)/share/%,'$(DESTDIR)$(DATADIR)/%',$(SHARED) $(COMPLETIONS))
	@rmdir $(patsubst %,'$(DESTDIR)$(DATADIR)/ll%',/recipes /tales /) 2>/dev/null || :

## clean           remove build/
clean:
	rm -rf build

## help            this list; variables: V=1, CC=clang, CFLAGS, SAN=address|undefined|thread
help:
	@sed -n 's/^## //p' Makefile

.PHONY: all demo check tested tests check-unit check-cli check-man check-layers check-aarch64 check-isa \
	bench fuzz fuzzers install uninstall clean help FORCE
.SECONDARY:
-include $(OBJECTS:.o=.d) $(PROGRAM_SOURCES:%.c=$(OUT)/%.d)
-include $(DOUBLE:.o=.d) $(wildcard $(OUT)/double/tests/unit/*.d)
-include $(UNIT_SOURCES:%.c=$(OUT)/%.d) $(FUZZ_SOURCES:%.c=$(OUT)/%.d) $(OUT)/tests/levels.d
