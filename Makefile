# The two commands a newcomer needs: `make demo` and `make test`. Everything lives in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FLAGSHIP := fixtures/flagship-stock-verbose/server.log.zst

.PHONY: demo test test-full lint types check bench bench-all schema docs clean

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	$(BIN)/python -m compileall -q triage
	touch $@

demo: $(VENV)/installed
	$(BIN)/triage analyze $(FLAGSHIP)

test: $(VENV)/installed
	$(BIN)/pytest -n auto

# Servers built from Debian's source packages with debug information: minutes, and apt with the network.
test-full: $(VENV)/installed
	$(BIN)/pytest -m full -rs

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed
	$(BIN)/mypy

check: lint types test

schema: $(VENV)/installed
	$(BIN)/python -m triage.render.schema

docs: $(VENV)/installed
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict --site-dir build/docs

bench: $(VENV)/installed
	$(BIN)/python -m compileall -q triage
	$(BIN)/python benchmarks/small_log.py
	$(BIN)/python benchmarks/knowledge.py
	$(BIN)/python benchmarks/scan_speed.py --short

bench-all: bench
	$(BIN)/python benchmarks/scan_speed.py
	$(BIN)/python benchmarks/linear_time.py --largest 4096
	$(BIN)/python benchmarks/each_ticket.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache
