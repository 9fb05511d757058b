# make demo [AUDIO=~/Music]   install, get the networks, process the music, serve the page
# make test                   install with the development tools, then check and test everything
SHELL := /bin/sh
PYTHON ?= python3
VENV ?= .venv
# Not from the environment, where HOST names the machine: the page would be open to all.
HOST = 127.0.0.1
PORT = 5000
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help install install-dev networks demo serve test check lint types contracts pytest format bench-quick clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

$(BIN)/python:
	$(PYTHON) tools/make_venv.py $(VENV)

$(VENV)/.installed: requirements.txt | $(BIN)/python
	$(PIP) install --requirement requirements.txt
	@touch $@

# Both extras are tested where they can be had: annoy needs a compiler, essentia has no wheel for every machine.
$(VENV)/.installed-dev: requirements.txt requirements-dev.txt requirements-parquet.txt requirements-celery.txt requirements-annoy.txt requirements-essentia.txt requirements-postgresql.txt | $(BIN)/python
	$(PIP) install --requirement requirements-dev.txt
	$(PIP) install --requirement requirements-postgresql.txt
	$(PIP) install --requirement requirements-annoy.txt || echo "annoy could not be built here: its tests will be skipped"
	$(PIP) install --only-binary :all: --requirement requirements-essentia.txt || echo "essentia has no wheel for this machine: its tests will be skipped"
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
	$(BIN)/python -m pytest tests/integration --numprocesses 2 --dist loadfile
	$(BIN)/python -m pytest tests/e2e --numprocesses 2 --dist loadfile

format: ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench-quick: ## every benchmark, under a minute each
	set -e; for file in benchmarks/extract.py benchmarks/neighbours.py benchmarks/reduce.py benchmarks/web.py benchmarks/api.py benchmarks/analyses.py benchmarks/service.py; do $(BIN)/python $$file --quick; done

clean: ## remove the virtual environment and caches; never the music or what was computed
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
