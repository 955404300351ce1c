# Set-up is part of each target: all that is needed is Python 3.11 or newer with venv, and make.
SHELL := bash
.SHELLFLAGS := -Eeuo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .cache/uv-$(UV_VERSION)/bin/uv
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS := never
export UV_COMPILE_BYTECODE := 1
# Byte code that is written once makes every later start faster.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-10s %s\n", $$1, $$2}'

.PHONY: demo
demo: .venv/.ready ## Set up, and run the demo scenarios against five agents in this process
	$(BIN)/agentrig demo

.PHONY: test
test: .venv/.ready ## Set up, and run all tests that need neither root nor a cluster
	ci/test

.PHONY: pythons
pythons: $(UV) ## Run the package's tests on Python 3.11, 3.12 and 3.13 (PYTHONS="PATH ...")
	ci/pythons $(UV) $(PYTHONS)

.PHONY: e2e
e2e: .venv/.ready ## Bring up a real Kubernetes, and test the charts and images on it
	ci/e2e/run

.PHONY: bench
bench: .venv/.ready ## Measure speed beside other tools (ONLY=steps,profile TOOLS=hurl ROUNDS=3)
	$(BIN)/python ci/bench $(addprefix --only=,$(ONLY)) $(addprefix --tools=,$(TOOLS)) $(addprefix --rounds=,$(ROUNDS))

.PHONY: lint
lint: .venv/.ready ## Check style, types, charts and everything generated
	ci/lint

.PHONY: image
image: ## Build the images agentrig and agentrig-demo
	ci/image

.PHONY: golden
golden: .venv/.ready ## Rewrite the golden files; review the difference like code
	AGENTRIG_UPDATE_GOLDEN=1 ci/test

.PHONY: generate
generate: .venv/.ready ## Rewrite what is generated: the reference, the charts' schemas and READMEs
	$(BIN)/python ci/generate

.PHONY: clean
clean: ## Remove the environment and everything built in this folder
	rm -rf .venv .cache results dist

.venv/.ready: pyproject.toml uv.lock $(UV)
	$(UV) sync --quiet --frozen --all-extras --python $(PYTHON)
	@touch $@

$(UV):
	@$(PYTHON) -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) must be Python 3.11-3.13 with venv (Debian: apt-get install python3-venv), or name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv .cache/uv-$(UV_VERSION)
	.cache/uv-$(UV_VERSION)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
