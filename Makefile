# Two commands for a newcomer: `make demo` and `make test`. Each sets up .venv by itself, once.
# `make check` is what CI runs; what takes longer is in `make check-all`.

PYTHON ?= python3
BIN := .venv/bin
# A demo needs less than the tests, and those less than all checks: each kind of setup has a stamp of its own.
DEMO := .venv/.demo
TEST := .venv/.test
STAMP := .venv/.installed
NOTEBOOKS := $(wildcard notebooks/*.ipynb)

# Nothing is written outside this folder: tools that like to keep a cache in the home folder get one here.
export XDG_CACHE_HOME := $(CURDIR)/.cache
export MPLCONFIGDIR := $(CURDIR)/.cache/matplotlib
export IPYTHONDIR := $(CURDIR)/.cache/ipython
export JUPYTER_CONFIG_DIR := $(CURDIR)/.cache/jupyter/config
export JUPYTER_DATA_DIR := $(CURDIR)/.cache/jupyter/data
export JUPYTER_RUNTIME_DIR := $(CURDIR)/.cache/jupyter/runtime
export JUPYTER_PLATFORM_DIRS := 1
export PYRIGHT_PYTHON_CACHE_DIR := $(CURDIR)/.cache/pyright
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
export TORCHINDUCTOR_CACHE_DIR := $(CURDIR)/.cache/torchinductor
export MPLBACKEND ?= agg

# pytest runs two processes; each of them then uses one core.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -q

.PHONY: help setup demo test shuffled check check-all check-core without-flint slow readme faults fuzz bench mutants versions docs lint types contract notebooks notebooks-update \
        format clean

help:
	@echo "make demo        the main job, end to end (sets up .venv)"
	@echo "make test        the tests (sets up .venv)"
	@echo "make shuffled    the tests in random order, with every warning an error; SEED=7 for an order of before"
	@echo "make check       lint, types, import contract, docs, notebooks, tests: what CI runs"
	@echo "make check-all   the same, and the slow tests, the core without torch and without flint"
	@echo "make faults      interrupts, full disks, kills, missing packages"
	@echo "make fuzz        ten minutes of coverage-guided fuzzing of everything that reads input"
	@echo "make bench       every figure, beside its peers and its bar: docs/results/benchmarks.md"
	@echo "make versions    the fast tests with the oldest and the newest libraries"
	@echo "make mutants     changes of the code, each against the tests of its room: docs/results/mutants.md"
	@echo "make readme      README's commands in order, from a clean clone and an empty home; QUICK=1 without those of minutes"
	@echo "make docs        docs/_build/html/index.html"
	@echo "make format      let ruff format and mend"

setup: $(STAMP)

INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("schemetools needs Python 3.11 or newer; try: make PYTHON=python3.11")'
	@echo "setting up .venv (once; torch is large)"
	$(PYTHON) -m venv .venv

$(DEMO): pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) -e ".[torch,train]"
	@touch $@

$(TEST): pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) -e ".[torch,train,test]"
	@touch $@ $(DEMO)

$(STAMP): pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) -e ".[torch,train,docs,test,dev]"
	@touch $@ $(TEST) $(DEMO)

demo: $(DEMO)
	$(BIN)/schemetools demo

test: $(TEST)
	$(PYTEST)

# One process, so that there is one order: of files, and of the tests in each. ROOMS="tests/exact" for some tests.
shuffled: SEED := $(shell date +%s)
shuffled: $(TEST)
	@echo "this order again: make shuffled SEED=$(SEED)"
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -W error --random-order-bucket=module --random-order-seed=$(SEED) $(ROOMS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/pyright

contract: $(STAMP)
	$(BIN)/lint-imports

docs: $(STAMP)
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

notebooks: $(STAMP)
	$(if $(NOTEBOOKS),$(BIN)/python -m pytest -q --nbmake --nbmake-timeout=300 $(NOTEBOOKS),@echo "no notebooks yet")

# Notebooks are committed with their outputs; this runs them again and writes the outputs back.
notebooks-update: $(STAMP)
	$(BIN)/python -m pytest -q --nbmake --nbmake-timeout=300 --overwrite $(NOTEBOOKS)

check: lint types contract docs notebooks test

check-all: check check-core without-flint slow

slow: $(TEST)
	$(PYTEST) -m slow || [ $$? -eq 5 ]

faults: $(TEST)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m slow tests/faults

# In an environment of its own; SECONDS_IN_ALL=60 for a short run, READERS="parser toml" for some.
fuzz:
	PYTHON=$(PYTHON) tests/fuzz/run.sh

# Results are the same where sympy does its own rational arithmetic.
without-flint: $(TEST)
	SYMPY_GROUND_TYPES=python $(PYTEST) tests/exact tests/schemes tests/analysis tests/codegen

# The toolkit without torch: a second environment with `pip install .` alone, used from outside the source tree.
check-core:
	rm -rf .venv-core
	$(PYTHON) -m venv .venv-core
	.venv-core/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt .
	cd .venv-core && bin/python ../tests/core_alone.py

# Peers have an environment of their own. What was measured goes into docs/results/benchmarks.json and .md and into README's
# table; ONLY="import stability" for some files. A run that was broken off goes on where it stopped.
.venv-bench/.installed: pyproject.toml constraints.txt benchmarks/peers.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r benchmarks/peers.txt -e ".[torch,train,test]"
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps momentumnet==0.10
	@touch $@

bench: .venv-bench/.installed
	OMP_NUM_THREADS=1 .venv-bench/bin/python -m pytest -c benchmarks/pytest.ini $(or $(ONLY:%=benchmarks/bench_%.py),benchmarks)

# Each in an environment of its own; WHICH=oldest for one, ROOMS="tests/exact tests/nn" for some tests.
versions:
	PYTHON=$(PYTHON) tests/versions/run.sh

# In a copy of the tree; goes on from the record, docs/results/mutants.jsonl, and writes into it. MINUTES=30 for a short run.
.venv-mutants/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-mutants
	.venv-mutants/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt ".[torch,train,test]" cosmic-ray==8.7.0 pytest-cov==7.1.0
	.venv-mutants/bin/python -m pip uninstall --quiet --yes schemetools
	@touch $@

mutants: .venv-mutants/.installed
	.venv-mutants/bin/python tests/mutants/run.py

readme: $(TEST)
	$(BIN)/python tests/first_minutes.py $(if $(QUICK),--quick)

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv-core .venv-fuzz .venv-bench .venv-versions .venv-mutants .cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache docs/_build docs/notebooks docs/literature docs/gallery demo-output
