# `make demo` and `make test` set themselves up on a fresh machine: Python >= 3.11 and make.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist worksteal

.PHONY: help demo check test lint format bench docs dist pictures clean

help: ## Show what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

demo: $(INSTALLED) ## Profile this CPU, search a network for it, train, export, verify, measure
	$(BIN)/proxyless demo

check: lint ## The same as test, but for the tests marked slow: for every day
	$(PYTEST) -m "not slow"

test: lint ## Check format, lint, types and import direction, and run all tests
	$(PYTEST)

lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED) ## Format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(INSTALLED) ## Run every benchmark in quick mode, figures beside goals
	$(BIN)/python -m benchmarks --quick

docs: $(INSTALLED) ## Build the documentation as a site, build/site/index.html; a warning fails
	$(BIN)/sphinx-build -E -W --keep-going -q -c docs -d build/doctrees . build/site

dist: $(INSTALLED) ## Build the source distribution and the wheel into dist/, and check both
	rm -rf dist
	$(BIN)/python -m build --no-isolation
	$(BIN)/twine check --strict dist/*

pictures: $(INSTALLED) ## Make the README's pictures from the run that `make demo` left (needs Chromium)
	$(BIN)/python -m benchmarks.pictures

clean: ## Remove the environment and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist docs/reference

$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade --constraint constraints.txt pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@
