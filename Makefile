# make book    build the site: PROFILE=record|smoke|quick|full  NOISE=my_device.csv COLUMN="G (uS)" CELL=c1  SNAKEMAKE_ARGS="…"
# make test    run the tests: ARGS="tests/noise -k quantile"
# make lint    ruff and the import contracts
# make bench   print the library's speed beside its peers: ARGS="networks --record"
# make record  compute points of the full run into data/recorded/: ARGS="coin_flips fashion-conv-0"
# make verify  compute recorded points again and compare: ARGS="regression magnitude.0"
# make serve   build, then show the site at http://localhost:8000
# make lock    resolve pyproject.toml into requirements.lock and environment.yml (needs uv)
# make clean   remove what was built; make distclean removes .venv too

PROFILE ?= record
NOISE ?=
COLUMN ?=
CELL ?=
SNAKEMAKE_ARGS ?=
export PROFILE NOISE COLUMN CELL # as they are, whatever characters a file's name has
ARGS ?=
# The Python that .venv is made with; by default the first of these that is new enough and not too new.
PYTHON ?=
PYTHONS := python3 python3.13 python3.12 python3.11 python

BIN := .venv/bin
BUILD := $(BIN)/python -m noisyweights.pipeline.build

.PHONY: book test lint bench record verify serve lock clean distclean environment
.DEFAULT_GOAL := book

book: environment
	@$(BUILD) --profile "$$PROFILE" --noise "$$NOISE" --column="$$COLUMN" --cell="$$CELL" -- $(SNAKEMAKE_ARGS)

test: environment
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(ARGS)

lint: environment
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/lint-imports

bench: environment
	@$(BIN)/python -m benchmarks $(ARGS)

record: environment
	@$(BIN)/python -m noisyweights.pipeline.recording $(ARGS)

verify: environment
	@$(BIN)/python -m noisyweights.pipeline.verify $(ARGS)

serve: environment
	@$(BUILD) --profile "$$PROFILE" --noise "$$NOISE" --column="$$COLUMN" --cell="$$CELL" --serve -- $(SNAKEMAKE_ARGS)

lock: environment
	@$(BIN)/python -m noisyweights.pipeline.lock

clean:
	@rm -rf _build .snakemake

distclean: clean
	@rm -rf .venv

environment:
	@for python in $(or $(PYTHON),$(PYTHONS)); do \
	  if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then \
	    PYTHON='$(PYTHON)' exec $$python lib/noisyweights/pipeline/environment.py; \
	  fi; \
	done; \
	echo 'error: this needs Python 3.11, 3.12 or 3.13. Found:' >&2; \
	for python in $(or $(PYTHON),$(PYTHONS)); do \
	  version=$$($$python --version 2>/dev/null) && echo "  $$python: $$version" >&2; \
	done; \
	echo 'Install one of them, or name it: make PYTHON=/path/to/python3.12 …' >&2; \
	exit 1
