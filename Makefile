# Everything happens in .venv; nothing outside the project is changed but Debian's chromium in
# `make test`, and that only for root or where it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8050
SERVE ?= 1
# Test processes: a file stays in one of them. The slow files, those in a browser, come first.
JOBS ?= 2
STORE := runs/pbmc68k_reduced.store

# The small CPU wheel of torch. On a GPU machine: make demo TORCH_INDEX= (the CUDA build).
# Where the index cannot be reached, pip takes a CPU wheel from PIP_FIND_LINKS if that is set.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
TORCH_FLAGS := $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX) --retries 0 --timeout 15)
PIP := $(BIN)/pip --disable-pip-version-check

.PHONY: help demo test lint format clean
help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

demo: $(VENV)/.precompute  ## set up, build a store from real cells, serve it (SERVE=0: do not serve)
	$(BIN)/python -m precompute demo --out $(STORE) --keep
	@if [ "$(SERVE)" != 0 ]; then exec $(BIN)/python app.py $(STORE) --port $(PORT); fi

test: $(VENV)/.dev  ## set up, lint, run all tests, those in a real browser included
	@sh tests/install_browser.sh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.dev  ## linter, formatter and type checker
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev  ## format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove the environment, stores and caches
	rm -rf $(VENV) runs build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.torch: constraints.txt | $(VENV)/bin/pip
	$(PIP) install -q $(TORCH_FLAGS) -c constraints.txt torch
	@touch $@

$(VENV)/.precompute: pyproject.toml constraints.txt $(VENV)/.torch
	$(PIP) install -q -c constraints.txt -e '.[app,precompute,scvi]'
	@touch $@

$(VENV)/.dev: $(VENV)/.precompute
	$(PIP) install -q -c constraints.txt -e '.[app,precompute,scvi,geneformer,dev]'
	@touch $@
