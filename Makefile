# make graph: environment, build, where to look. make test: the fast tests. make check: format, lint, types, house, docs.
# make slow: the slow tests. make bench: the benchmarks. make constraints: pins the newest releases of all libraries.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# constraints.txt pins every release that is installed, those of the build system too. Older pips read the first
# variable for it, newer ones the second.
PINNED := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check

# Where a machine forbids Python to keep what it has compiled, each run of the command would compile the engine again.
unexport PYTHONDONTWRITEBYTECODE

# Tests that wait for another process leave a core idle: one worker more than there are cores.
WORKERS ?= $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 1)")

.PHONY: answers mutate graph test slow check format clean bench constraints

graph: $(VENV)/.installed
	$(BIN)/python build_graph.py

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

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
	$(PINNED) $(BIN)/python $(PIP_INSTALL) --editable ".[bench]"
	$(BIN)/python bench/five_reports.py
	$(BIN)/python bench/reporting_lines.py
	$(BIN)/python bench/pages.py
	$(BIN)/python bench/attack.py
	$(BIN)/python bench/endpoint.py

# Renew the pins: then make check, make test and make slow, and commit constraints.txt.
constraints:
	rm -rf $(VENV).new
	$(PYTHON) -m venv $(VENV).new
	$(VENV).new/bin/python $(PIP_INSTALL) hatchling editables --editable ".[bench,dev]"
	echo "# Every release that make and CI install. Renew with: make constraints" > constraints.txt
	$(VENV).new/bin/python -m pip freeze --disable-pip-version-check --exclude-editable >> constraints.txt
	rm -rf $(VENV).new

# Write the expected answers anew and show what changes; check each difference by hand before it is committed.
# NAMES="posts-of-a-person …" writes only those of some questions.
answers: $(VENV)/.installed-dev
	$(BIN)/python tests/answers/rewrite.py $(NAMES)

# Change questions, checks, rules, shapes and code one place at a time, and list the changes that nothing notices.
# SAMPLE=0 tries every comparison in the code, which takes an hour.
SAMPLE ?= 40
mutate: $(VENV)/.installed-dev
	$(BIN)/python tests/mutation/questions.py
	$(BIN)/python tests/mutation/rules.py
	$(BIN)/python tests/mutation/shapes.py
	$(BIN)/python tests/mutation/code.py --sample $(SAMPLE)

clean:
	rm -rf build build.builds $(VENV) $(VENV).new

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PINNED) $(BIN)/python $(PIP_INSTALL) --editable ".[all]"
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PINNED) $(BIN)/python $(PIP_INSTALL) --editable ".[dev]"
	touch $@
