# topoquant: `make` alone prints this list.
PYTHON ?= $(shell for p in python3 python3.12 python3.11; do \
             $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null && echo $$p && break; done)
ENV    ?= local
RECIPE ?= trigger
SYMBOL ?=
PARAMS ?=
JOBS   ?= 2

BIN    := .venv/bin
STAMP  := .venv/.installed
PEERS  := .venv-peers
empty  :=
space  := $(empty) $(empty)
comma  := ,
# SYMBOL joins whatever PARAMS holds: --params symbol=...,key=value
SWITCHES := $(subst $(space),$(comma),$(strip $(if $(SYMBOL),symbol=$(SYMBOL)) $(PARAMS)))

.DEFAULT_GOAL := help
.PHONY: help setup run test test-fast lint bench science docs viz viz-build clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  options: ENV=local|cuda RECIPE=trigger SYMBOL=BTCUSDT PARAMS=source=files,path=bars.parquet PYTHON=python3.11"

setup: $(STAMP) ## make .venv and install everything, pinned

# torch first: where a small CPU wheel is offered, the pinned version takes it.
$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "python must be 3.11 or 3.12, got none: install one, or make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt pip torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[binance,dask,dev,docs,onnx]'
	@touch $@

run: setup ## run a recipe: ENV, RECIPE, SYMBOL and PARAMS pass through
	$(BIN)/kedro run --env=$(ENV) --pipelines=$(RECIPE) $(if $(SWITCHES),--params $(SWITCHES))

test: setup chromium ## every test, doctest, README block and notebook
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

test-fast: setup ## unit tests only
	$(BIN)/python -m pytest -n $(JOBS) -m 'not system'

lint: setup ## ruff, import contracts, mypy
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: setup peers ## hot paths beside their peers, in one run, with ratios
	$(BIN)/python -m tests.benchmarks

science: setup ## the whole bar on made-up markets, resumable, into docs/science.md
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.science --jobs $(JOBS) --write

.PHONY: studies
studies: setup ## five studies on real bars (TOPOQUANT_DATA), resumable, into docs/studies; STUDY=trigger: one
	$(BIN)/python -m tests.studies $(STUDY) --jobs $(JOBS)

.PHONY: bench-etth1
bench-etth1: setup ## forecasts of ETTh1 (TOPOQUANT_DATA names the folder) beside published errors
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.etth1

# Peers that do not resolve beside our stack; without them their rows are skipped and say why.
.PHONY: peers
peers:
	@test $(PEERS)/.installed -nt tests/benchmarks/peers.txt || { rm -rf $(PEERS) && $(PYTHON) -m venv $(PEERS) \
	  && $(PEERS)/bin/python -m pip install --quiet --requirement tests/benchmarks/peers.txt \
	  && touch $(PEERS)/.installed; } || { rm -rf $(PEERS); echo "no $(PEERS): rows beside its packages will be skipped"; }

docs: setup ## build the documentation site, strictly
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

viz-build: setup ## build the graph with previews as static files in build/
	$(BIN)/kedro viz build --include-hooks --include-previews

viz: setup ## open the graph with previews in a browser
	$(BIN)/kedro viz run --include-hooks

# The browser tests look at real pages; without a browser they skip and say why.
.PHONY: chromium
chromium:
	@command -v chromium >/dev/null 2>&1 || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null 2>&1 \
	  && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
	  || echo "no chromium and no way to install it here: the browser tests will skip"

clean: ## remove what a build leaves behind (data stays)
	rm -rf build dist site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .viz
	find . -name __pycache__ -not -path './.venv*/*' -prune -exec rm -rf {} +
