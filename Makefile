# `make` or `make help` lists what there is. The environment in .venv is made when it is needed.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PACKAGES := contracts chassis gateway services/scheduling services/enrollment services/feedback services/notifications
SOURCES := contracts/contracts chassis/chassis gateway/gateway services/scheduling/scheduling \
	services/enrollment/enrollment services/feedback/feedback services/notifications/notifications \
	lectern $(if $(wildcard benchmarks/*.py),benchmarks) tests
# Arguments for a command: make run ARGS="--port 9000"
ARGS ?=
# Which tests: make test TESTS=tests/enrollment
TESTS ?= tests
WORKERS ?= 2
# Replicas of a service for make run-server: make run-server ENROLLMENT=3
REPLICAS := $(foreach name,WEB VIEWS SCHEDULING ENROLLMENT FEEDBACK NOTIFICATIONS,$(if $($(name)),$(name)=$($(name))))

.DEFAULT_GOAL := help
.PHONY: help environment run run-server test check format demo-reset bench doctor documents constraints clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

environment: $(READY) ## make the environment in .venv

$(READY): constraints.txt pyproject.toml $(PACKAGES:=/pyproject.toml) .ci/environment
	@.ci/environment $(VENV)

run: $(READY) ## start everything in one process, with the example region on the first start
	@$(BIN)/lectern run $(ARGS)

run-server: $(READY) ## start a process per service on RabbitMQ and PostgreSQL (ENROLLMENT=3 for replicas)
	@$(BIN)/lectern run-server $(REPLICAS) $(ARGS)

test: $(READY) ## run every test
	@$(BIN)/python -m lectern.servers
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS) $(ARGS)

check: $(READY) ## format, lint, types, layers, generated documents, released schemas
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports
	$(BIN)/lectern documents --check
	$(BIN)/python -m contracts.snapshots

format: $(READY) ## format the code and repair what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

documents: $(READY) ## write docs/openapi.json and docs/asyncapi.yaml anew from the code
	@$(BIN)/lectern documents

demo-reset: $(READY) ## start over with the example region dated around today
	@$(BIN)/lectern demo-reset --yes $(ARGS)

bench: $(READY) ## measure in server mode and write docs/benchmarks.md
	@$(BIN)/python -m benchmarks $(ARGS)

doctor: $(READY) ## look for what is wrong and say what to do
	@$(BIN)/lectern doctor $(ARGS)

constraints: ## resolve newer versions of all packages into constraints.txt
	@.ci/constraints

clean: ## remove the environment and all caches; the data in var/ stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build
