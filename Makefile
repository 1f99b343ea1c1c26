PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
PIP_INSTALL = $(BIN)/python -m pip install --quiet --constraint constraints.txt
DESCRIBED_IN = pyproject.toml constraints.txt setup.py

.PHONY: install compose test bench clean

install: $(VENV)/dev.stamp

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/core.stamp: $(DESCRIBED_IN) | $(BIN)/python
	$(PIP_INSTALL) --editable .
	touch $@

# The dev install holds the core one.
$(VENV)/dev.stamp: $(DESCRIBED_IN) | $(BIN)/python
	$(PIP_INSTALL) --editable '.[dev]'
	touch $(VENV)/core.stamp $@

compose: $(VENV)/core.stamp
	mkdir -p out
	$(BIN)/rulegen compose styles/chorale.rules --seed 1 -o out/chorale.musicxml -o out/chorale.mid
	@ls -l out/chorale.musicxml out/chorale.mid

test: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict rulegen
	$(BIN)/python -m pytest -n 2

bench: $(VENV)/dev.stamp
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) out build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
