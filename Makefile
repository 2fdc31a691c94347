# setup | demo | test | check | web | bench | docs: the whole interface to the repository; CI runs the same.
PYTHON ?= python3
PY := .venv/bin/python
BIN := .venv/bin
NPM := ../$(PY) ../scripts/node.py
JOBS ?= 2

.PHONY: help setup demo test check web bench docs clean

help:            ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/'

setup:           ## the environment in .venv and the explorer's app
	@$(PYTHON) scripts/setup.py

demo: setup      ## train the Titanic network, record it, analyse it, write demo/titanic.html
	@$(BIN)/neuronaut demo titanic --output demo

check: setup     ## style, types, layering, of Python and TypeScript
	@$(PYTHON) scripts/setup.py modules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd web && $(NPM) run check

test: check      ## every check and every test, browser included
	@$(PY) scripts/browser.py
	cd web && $(NPM) test
	$(PY) -m pytest -n $(JOBS)

web: setup       ## build the explorer's app into the package
	@$(PYTHON) scripts/setup.py web

bench: setup     ## measure, and write benchmarks/RESULTS.md
	$(PY) -m benchmarks

docs: setup      ## regenerate what in docs/ is made from the code, and check the rest
	$(PY) scripts/build_docs.py
	$(PY) -m pytest -q tests/docs

clean:           ## remove everything that was made here
	rm -rf .venv web/node_modules demo src/neuronaut/explorer/static/app.* src/neuronaut/explorer/static/served.* src/neuronaut/explorer/static/widget.* src/neuronaut/explorer/static/pair.* src/neuronaut/explorer/static/*.json src/neuronaut/explorer/static/sources.sha256
