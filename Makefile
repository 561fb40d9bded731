# make graph: environment, build, where to look. make test: the fast tests. make check: format, lint, types, house, docs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Where a machine forbids Python to keep what it has compiled, each run of the command would compile the engine again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: graph test slow check format clean bench

graph: $(VENV)/.installed
	$(BIN)/python build_graph.py

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q -n auto --dist worksteal

slow: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m slow

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -n auto tests/test_house.py tests/test_docs.py

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# SCALES=1/64,1/16 for a quick run; BENCH_FOLDER, where 12 GB are free, keeps the builds (else ~/.cache/orgline).
# The endpoint is measured with wrk (apt-get install wrk) and, if it is there, virtuoso-opensource-7.
bench: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[bench]"
	$(BIN)/python bench/five_reports.py
	$(BIN)/python bench/reporting_lines.py
	$(BIN)/python bench/pages.py
	$(BIN)/python bench/attack.py
	$(BIN)/python bench/endpoint.py

clean:
	rm -rf build build.builds $(VENV)

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@
