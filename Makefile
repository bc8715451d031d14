# Two commands matter: `make run` and `make test`. Both set up `.venv` first; nothing needs to be installed by hand.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help run test lint format dvc.yaml requirements clean

help:
	@echo "make run      set up, make the demo input, run the whole pipeline, show the summary"
	@echo "make test     set up, lint, check types, run the tests"
	@echo "make format   let the formatter and the linter repair what they can"

# The marker is newer than the pinned requirements only after a whole installation.
.venv/installed: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: .venv/installed
	$(BIN)/tuneset sample --out data/raw
	$(BIN)/dvc repro
	$(BIN)/tuneset summary

test: lint
	$(BIN)/python -m pytest -n 2

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# From the stage table and what its stages import; a test holds it to that.
dvc.yaml: .venv/installed
	$(BIN)/python scripts/write_dvc_yaml.py

# Needs `uv`; writes pinned and hashed requirements that name no registry address.
requirements:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --group dev --extra offline --extra language --extra fast pyproject.toml -o requirements/dev.txt

clean:
	rm -rf .venv data/raw data/local data/work out dist build
