# Each target is complete in itself: it makes the environment when there is none.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test test-slow lint format docs clean

help:
	@echo "make demo       analyse the example clips and show the result"
	@echo "make test       run the test suite"
	@echo "make test-slow  run the tests that take minutes, too"
	@echo "make lint       ruff, types, import floors"
	@echo "make format     format the code"
	@echo "make docs       build the documentation into site/"

# The environment is ready when it holds what pyproject.toml asks for.
$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@

demo: $(READY)
	$(BIN)/vidfer analyze examples/videos --output demo-output
	$(BIN)/python examples/show_timeline.py demo-output
	$(BIN)/vidfer summarize demo-output
	$(BIN)/vidfer report demo-output --output demo-output/report.html

test: $(READY)
	$(BIN)/python -m pytest -m "not slow"

test-slow: $(READY)
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[docs]"
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) demo-output build dist site .pytest_cache .mypy_cache .ruff_cache
