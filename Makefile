PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
PIP_INSTALL = $(BIN)/python -m pip install --quiet --constraint constraints.txt
DESCRIBED_IN = pyproject.toml constraints.txt setup.py

.PHONY: install compose quick test bench models clean

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

# What a change makes stale most often, in about a minute: before each commit.
PAGES = tests/docs/test_api.py tests/docs/test_layers.py tests/docs/test_vocabulary.py \
  tests/cli/test_program.py::test_the_reference_page_is_what_the_program_makes
QUICK = tests/test_house.py tests/music/test_golden.py $(PAGES)
WORKERS = -n 2 --dist worksteal

quick: export OPENBLAS_NUM_THREADS = 1
quick: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest $(WORKERS) --quick $(QUICK)

# What is held against brute force, the library and the golden pieces takes long, and tells nothing of which lines
# have a test of their own: coverage is measured without it.
LAWS = tests/oracle tests/library tests/music
PARTS = tests $(LAWS:%=--ignore=%)

# Two workers on two cores: threads of linear algebra beside them wait for one another, up to fifty times as long.
test: export OPENBLAS_NUM_THREADS = 1
test: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict rulegen
	$(BIN)/python -m pytest $(WORKERS) --cov --cov-report= $(PARTS)
	$(BIN)/python -m coverage report --format=total
	$(BIN)/python -m pytest $(WORKERS) $(LAWS)

bench: $(VENV)/dev.stamp
	$(BIN)/python benchmarks/run.py

# The models that ship, learned again (docs/models.md). One thread: the same numbers on every machine of a kind.
SHIPPED = rulegen/models/shipped
LEARN = $(BIN)/rulegen learn
BACH = --corpus bach-chorales --split jsb
FOLK = --corpus ryansMammoth --part tune

models: $(VENV)/dev.stamp
	$(LEARN) markov $(BACH) --part soprano --order 3 --least 2 -o $(SHIPPED)/bach-soprano.markov.model
	$(LEARN) hmm $(BACH) --part soprano --states 12,20 --starts 2 -o $(SHIPPED)/bach-soprano.hmm.model
	$(LEARN) lstm $(BACH) --part soprano --chords --threads 1 --hidden 96 --width 96 --epochs 60 --rate 0.004 \
	  -o $(SHIPPED)/bach-soprano.lstm.model
	$(LEARN) markov $(BACH) --part harmony --order 2 --least 2 -o $(SHIPPED)/bach-harmony.markov.model
	$(LEARN) hmm $(BACH) --part harmony --states 12,20 --starts 2 -o $(SHIPPED)/bach-harmony.hmm.model
	$(LEARN) attention $(BACH) --part four-voices --threads 1 --dropout 0.3 \
	  -o $(SHIPPED)/bach-chorale.attention.model
	$(LEARN) attention $(BACH) --part four-voices --level beats --threads 1 --width 96 --dropout 0.3 --epochs 24 \
	  -o $(SHIPPED)/bach-beats.attention.model
	$(LEARN) attention $(BACH) --part four-voices --level surface --threads 1 --dropout 0.35 --decay 0.06 \
	  --epochs 36 -o $(SHIPPED)/bach-surface.attention.model
	$(LEARN) markov $(BACH) --part four-voices --least 2 -o $(SHIPPED)/bach-chorale.markov.model
	$(LEARN) markov $(FOLK) --order 3 --least 2 -o $(SHIPPED)/folk-tune.markov.model
	$(LEARN) lstm $(FOLK) --threads 1 --hidden 96 --width 96 --dropout 0.2 --epochs 14 --batch 16 --rate 0.005 \
	  -o $(SHIPPED)/folk-tune.lstm.model

clean:
	rm -rf $(VENV) out build dist *.egg-info .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
