# ganvas. `make` alone says what there is to make.

VENV  := .venv
BIN   := $(VENV)/bin
READY := $(VENV)/.ready
TORCH := 2.13.0

# Another interpreter: make test PYTHON=/path/to/python3.12
PYTHON ?=
PYTHONS := $(PYTHON) python3.11 python3.12 python3.13 python3

# More for pytest: make test ARGS="-k stream"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types format lock clean

help: ## say what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: $(READY) ## train on real handwritten digits, draw new ones, write a report
	$(BIN)/ganvas demo

# One thread of torch per process: two processes share two cores better than two threads do.
test: $(READY) ## run the tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

check: lint types test ## all that a change must pass

lint: $(READY) ## look for bad style and likely mistakes
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY) ## check the type hints
	$(BIN)/mypy

format: $(READY) ## put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The stamp is made last. Without it the environment counts as half-made and is begun anew; with
# it, a changed lock only brings the difference.
$(READY): requirements.lock pyproject.toml
	@test -e $@ || { python=$$($(find_python)) && $$python -m venv --clear $(VENV); }
	@rm -f $@
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check \
	  --no-deps --no-build-isolation --editable .
	@touch $@

define find_python
for python in $(PYTHONS); do \
  if $$python -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
  then echo $$python; exit 0; fi; \
done; \
echo "ganvas needs Python 3.11 or newer with its venv module" \
  "(on Debian: apt install python3 python3-venv); tried: $(PYTHONS)" >&2; \
exit 1
endef

lock: ## pin the newest releases that fit together
	rm -rf build/lock
	python=$$($(find_python)) && $$python -m venv build/lock
	build/lock/bin/python -m pip install torch==$(TORCH) --editable ".[dev]"
	{ grep '^#' requirements.lock; \
	  build/lock/bin/python -m pip freeze --all --exclude-editable --exclude pip \
	  | sed 's/+[a-z0-9]*$$//' | grep -vE '^(nvidia|cuda|triton)'; } > build/requirements.lock
	mv build/requirements.lock requirements.lock
	rm -rf build/lock

clean: ## remove the environment and all that tools left behind (runs/ stays)
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache
