# make demo   the whole job on drawn streets, in the browser
# make test   lint, types, unit and end-to-end tests
# make setup  only the program, in .venv

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p && break; done)
BIN := .venv/bin

.PHONY: demo test setup check clean

demo: setup
	$(BIN)/streetwarden demo

setup: .venv/program-ready

test: .venv/tests-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Streetwarden needs Python 3.11 or later; found: $$($(PYTHON) --version 2>&1). Try: sudo apt install python3.11 python3.11-venv, or make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "Python's venv module is missing. Try: sudo apt install python3-venv"; exit 1; }

.venv/program-ready: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

.venv/tests-ready: pyproject.toml constraints.txt deploy/test-packages.sh | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@sh deploy/test-packages.sh
	@touch .venv/program-ready $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache streetwarden.egg-info
