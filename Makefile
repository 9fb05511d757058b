# make demo [AUDIO=~/Music]   install, get the networks, process the music, serve the page
# make test                   install with the development tools, then check and test everything
SHELL := /bin/sh
PYTHON ?= python3
VENV ?= .venv
# The folder that says what is installed: exact versions; the ranges are in requirements*.txt.
LOCKS ?= locks
# Not from the environment, where HOST names the machine: the page would be open to all.
HOST = 127.0.0.1
PORT = 5000
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help install install-dev networks demo serve test test-on test-newest check lint types contracts pytest \
  lock licences format bench-quick clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

$(BIN)/python:
	$(PYTHON) tools/make_venv.py $(VENV)

$(VENV)/.installed: $(LOCKS)/requirements.txt | $(BIN)/python
	$(PIP) install --requirement $(LOCKS)/requirements.txt
	@touch $@

# annoy needs a compiler, Essentia has no wheel for every machine and Python: tested where they are available.
$(VENV)/.installed-dev: $(wildcard $(LOCKS)/*.txt) | $(BIN)/python
	$(PIP) install --requirement $(LOCKS)/requirements-dev.txt --requirement $(LOCKS)/requirements-postgresql.txt
	$(PIP) install --requirement $(LOCKS)/requirements-annoy.txt || echo "annoy cannot be built here: its tests are skipped"
	$(PIP) install --only-binary :all: --requirement $(LOCKS)/requirements-essentia.txt || echo "Essentia has no wheel for this machine: its tests are skipped"
	@touch $(VENV)/.installed $@

install: $(VENV)/.installed ## install what the application needs

install-dev: $(VENV)/.installed-dev ## install the development tools, too

networks: install ## get the freely licensed networks
	$(BIN)/flask download-models

demo: install ## everything, from nothing to the page; AUDIO=folder for your own music
	$(BIN)/flask demo --host $(HOST) --port $(PORT) $(if $(AUDIO),--audio "$(AUDIO)")

serve: install ## only serve the page
	$(BIN)/gunicorn --bind $(HOST):$(PORT) --no-control-socket wsgi:app

test: install-dev networks check ## install, then check and test everything

# What depends most on the versions of Python and of the packages.
test-on: install-dev networks ## test another Python: make test-on PYTHON=python3.13 VENV=.venv-3.13
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile tests/unit tests/integration/audio tests/integration/networks \
	  tests/integration/analyses tests/e2e/test_demo.py

test-newest: ## test with the newest version of every package, without locks and upper bounds
	mkdir -p build/newest
	for file in requirements*.txt; do sed 's/,<[^;]*//' $$file > build/newest/$$file; done
	$(MAKE) VENV=.venv-newest LOCKS=build/newest install-dev
	.venv-newest/bin/python -m pip install --upgrade --requirement build/newest/requirements-dev.txt
	$(MAKE) VENV=.venv-newest LOCKS=build/newest test

check: lint types contracts pytest ## check and test what is installed

lint: ## style and common mistakes
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: ## static types
	$(BIN)/mypy

contracts: ## direction of imports
	$(BIN)/lint-imports

pytest: ## unit, integration and browser tests
	$(BIN)/python -m pytest tests/unit --numprocesses auto
	$(BIN)/python -m pytest tests/integration tests/e2e --numprocesses 3 --dist loadfile --no-loadscope-reorder

lock: install-dev ## write locks/ anew after a change of requirements*.txt; UPGRADE=1 takes the newest versions
	$(BIN)/python tools/lock.py $(if $(UPGRADE),--upgrade)

licences: install-dev ## write docs/licences.md anew after a change of locks/
	$(BIN)/python tools/licences.py

format: ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench-quick: ## every benchmark, under a minute each
	set -e; for file in benchmarks/extract.py benchmarks/scan.py benchmarks/neighbours.py benchmarks/reduce.py benchmarks/web.py benchmarks/api.py benchmarks/analyses.py benchmarks/service.py; do $(BIN)/python $$file --quick; done

clean: ## remove the virtual environment and caches; never the music or what was computed
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
