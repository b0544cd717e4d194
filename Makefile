# make demo   the whole job on drawn streets, in the browser
# make test   lint, types, unit and end-to-end tests
# make setup  only the program, in .venv

# The first that runs and is new enough: a name on the PATH may be a shim of a version manager with nothing behind it.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13; do $$p -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$p && break; done)
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
	@test -n "$(PYTHON)" || { echo "Streetwarden needs Python 3.11 or later. Try: sudo apt install python3 python3-venv, or make PYTHON=/path/to/python3"; exit 1; }
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
