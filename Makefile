# The front door: people and CI use the same commands. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help install install-tests build release run test check check-api bench bench-api bench-binaries guard torture torture-short soak torture-tests torture-binaries fuzz format demo clean
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

# More flags for every `swift build` and `swift test`, such as "-j 1".
SWIFT_BUILD_FLAGS ?=
export SWIFT_BUILD_FLAGS

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## Install the system packages that building and the demo need
	@scripts/install-dependencies

install-tests:
	@scripts/install-dependencies --tests
	@scripts/real-servers

build: install ## Build for development
	swift build --product notify-worker $(SWIFT_BUILD_FLAGS)

release: install ## Build .build/release/notify-worker
	swift build -c release --product notify-worker $(SWIFT_BUILD_FLAGS)

demo: build ## See it work: a private database and mailbox, every kind of event, and their outcomes
	.build/debug/notify-worker demo

test: install-tests ## Run every test against servers of its own
	swift build --build-tests $(SWIFT_BUILD_FLAGS)
	scripts/run-tests

check: install-tests ## Check format, imports and warnings, as CI does
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks
	scripts/check-sources
	scripts/check-warnings

check-api: release ## Call the HTTP API with schemathesis, about 150 s (CHECK_API_SECONDS, CHECK_API_SEED)
	@scripts/install-dependencies --tests
	scripts/check-api --binary .build/release/notify-worker

bench: bench-binaries ## Measure the way from event to mail against references in the same run; writes Benchmarks/RESULTS.md; ROW=name for one row
	scripts/bench $(if $(ROW),--row $(ROW)) $(if $(SEED),--seed $(SEED))

bench-api: release ## Measure the HTTP API likewise, about 4 minutes; writes Benchmarks/API.md
	@command -v wrk >/dev/null || { echo "make bench-api: wrk is missing: apt-get install wrk" >&2; exit 1; }
	swift build -c release --product bench-bare-server $(SWIFT_BUILD_FLAGS)
	scripts/real-servers
	scripts/bench-api --out Benchmarks/API.md

bench-binaries: release
	@scripts/install-dependencies --tests
	@scripts/real-servers
	swift build -c release --product bench-parts $(SWIFT_BUILD_FLAGS)
	swift build -c release --product torture-mailbox $(SWIFT_BUILD_FLAGS)

guard: release ## Count instructions and allocations of the hot functions; fails where one has grown (Benchmarks/guard.json)
	@scripts/install-dependencies --tests
	swift build -c release --product bench-parts $(SWIFT_BUILD_FLAGS)
	scripts/guard

# One row also runs tests, through PgBouncer.
torture: torture-binaries $(if $(filter-out pgbouncer,$(ROW)),,torture-tests) ## Break the worker and all around it, and count; ROW=name SEED=n for one row (docs/reliability.md)
	scripts/torture $(if $(ROW),--row $(ROW)) $(if $(SEED),--seed $(SEED))

torture-short: torture-binaries ## A few seconds of every row, 8 minutes in all
	scripts/torture --short $(if $(SEED),--seed $(SEED))

soak: torture-binaries ## An hour of work with a fault every half minute: memory, descriptors and threads stay flat
	scripts/torture --row soak $(if $(SEED),--seed $(SEED))

torture-tests: install-tests
	swift build --build-tests $(SWIFT_BUILD_FLAGS)

torture-binaries: release
	@scripts/install-dependencies --torture
	swift build -c release --product torture-mailbox $(SWIFT_BUILD_FLAGS)

fuzz: install ## Give the parsers what nobody would write, 10 minutes each; TARGET=name SECONDS=n for one, or for less
	swift build --build-tests $(SWIFT_BUILD_FLAGS)
	FUZZ_TARGET=$(TARGET) FUZZ_SECONDS=$(or $(SECONDS),600) swift test --skip-build --disable-xctest --filter '^FuzzTests\.'

format: ## Format every Swift file in place
	swift format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks

clean: ## Remove what was built and the demo's data
	rm -rf .build .demo
