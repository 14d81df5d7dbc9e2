# Needs Python 3.11 or later and a package registry; everything else is made here.

# Interpreters of pyenv, which need not be on PATH.
PYENV_PYTHONS := $(wildcard $(HOME)/.pyenv/versions/*/bin/python3.1[0-9])

# The first that runs and is new enough; `make PYTHON=/path/to/python` names another.
ifndef PYTHON
PYTHON := $(shell for python in python3 python3.15 python3.14 python3.13 python3.12 python3.11 \
	$(PYENV_PYTHONS); do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$python" && break; done)
endif
NO_PYTHON := No Python 3.11 or later was found; name one: make PYTHON=/path/to/python

VENV := .venv
BIN := $(VENV)/bin
# A file for each process, in the order that tests/conftest.py gives them.
PARALLEL := --numprocesses auto --dist loadfile --no-loadscope-reorder
DOCS_BIN := $(VENV)-docs/bin
# Each service has settings of its own; none may leave anything in the checkout.
CHECK := env EAGLET_RUN_DIR=$(VENV)/check $(BIN)/python manage.py

.PHONY: help environment demo serve test coverage test-services test-services-short test-newest \
	newest-folder newest-interpreters test-newest-interpreters test-newest-servers \
	test-newest-workers test-newest-chaos fuzz chaos chaos-short soak lint style types rooms imports \
	project docs docs-environment format bench matrix matrix-short run-matrix clean

help:
	@echo 'make demo    start the services, walk through what they do, end them'
	@echo 'make serve   all of them, left running until Ctrl-C; prints where, and a login'
	@echo 'make test    the tests'
	@echo 'make coverage  the tests in random order, and how much of the package they run'
	@echo 'make test-services  the tests that need RabbitMQ, Redis, PostgreSQL and MariaDB, on Debian'
	@echo 'make test-newest  tests on the newest interpreters and servers, which it fetches; for root'
	@echo 'make fuzz    call the services with what schemathesis makes of their OpenAPI documents'
	@echo 'make chaos   kill brokers, workers and relays while tasks are sent; count what arrives'
	@echo 'make soak    call a service whose tokens end while it and its token service go away; count'
	@echo 'make lint    style, types, import directions, missing migrations'
	@echo 'make docs    the documentation, as a site; a link that leads nowhere fails it'
	@echo 'make format  put the code into the form that make lint asks for'
	@echo 'make bench   what calls cost, beside plain Django and others; writes docs/benchmarks.md'
	@echo 'make matrix  the tests under every Python and every Django supported'
	@echo 'make clean   remove what these have made'

environment:
	@test -n '$(PYTHON)' || { echo '$(NO_PYTHON)'; exit 1; }
	@'$(PYTHON)' scripts/make_environment.py $(VENV) --editable . --group lint --group coverage

demo: environment
	@echo 'Starting; it takes about a minute.'
	@$(BIN)/python -m demo

serve: environment
	@echo 'Starting; Ctrl-C ends it.'
	@$(BIN)/python -m demo.serve

test: environment
	@echo 'Testing; it takes some minutes.'
	@$(BIN)/python -m pytest --quiet $(PARALLEL) $(TESTS)

# In random order, by a seed that is printed: again with SEED=1. Newer Pythons count cheaply.
coverage: SEED ?= $(shell date +%s)
coverage: environment
	@echo 'coverage: SEED=$(SEED)'
	@COVERAGE_CORE=$$($(BIN)/python -c \
		'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")') \
	$(BIN)/python -m pytest --quiet $(PARALLEL) --cov --cov-report= \
		-p randomly --randomly-dont-reset-seed --randomly-seed $(SEED) $(TESTS)

test-services: environment
	@$(BIN)/python -m tests.system.servers

# Of what a machine has, where test-newest runs the rest.
test-services-short: environment
	@$(BIN)/python -m tests.system.servers --tests readiness,browser,postgresql,mariadb

# Debian's unstable suite, in a folder of the cache that is kept: its interpreters and servers.
# A machine that can't make it skips this, and says why. The servers' tests mostly wait; those that
# run beside each other have servers of their own.
test-newest: environment
	@root=$$('$(PYTHON)' scripts/newest.py) || { [ $$? = 77 ]; exit; }; \
	$(MAKE) --no-print-directory --keep-going --jobs 3 --output-sync=target \
		EAGLET_TEST_SERVERS_ROOT="$$root" \
		newest-interpreters test-newest-servers test-newest-workers test-newest-chaos

# Nothing of this make's own: it is another, in another root folder.
newest-interpreters:
	@MAKEFLAGS= '$(PYTHON)' scripts/newest.py make --no-print-directory test-newest-interpreters

# Fails where the machine can't make the folder.
newest-folder:
	@'$(PYTHON)' scripts/newest.py > /dev/null

test-newest-servers test-newest-workers test-newest-chaos: export EAGLET_TEST_SERVERS_ROOT ?= /
test-newest-servers test-newest-workers: test-newest-%:
	@$(BIN)/python -m tests.system.servers --tests $*

test-newest-chaos:
	@$(BIN)/python -m tests.system.servers --only rabbitmq,redis,postgresql -- \
		$(BIN)/python -m tests.system.chaos --tasks 1000 --kills 1

test-newest-interpreters: export TOXENV ?= py314-django61,py315-django61
test-newest-interpreters: export TOX_WORK_DIR := .tox/newest
test-newest-interpreters:
	@python3.14 scripts/make_environment.py .tox/newest/launcher 'tox>=4.25'
	@python3.14 scripts/run_matrix.py .tox/newest/launcher/bin/tox

# In an environment of its own: it is a plug-in of pytest, and would be one of every test.
fuzz: environment
	@'$(PYTHON)' scripts/make_environment.py .tox/fuzz 'schemathesis>=4.30'
	@$(BIN)/python -m tests.system.openapi .tox/fuzz/bin/schemathesis $(FUZZ)

# The brokers, workers and relays are killed while 20,000 tasks are sent through each broker, and
# 20,000 of Django's enqueued; and 20,000 events published to three services.
chaos: environment
	@$(BIN)/python -m tests.system.servers --only rabbitmq,redis,postgresql -- \
		sh -c '$(BIN)/python -m tests.system.chaos $(CHAOS) && \
		$(BIN)/python -m tests.system.chaos --django $(CHAOS) && \
		$(BIN)/python -m tests.system.chaos --events $(CHAOS)'

chaos-short: CHAOS := --tasks 1000 --kills 1
chaos-short: chaos

# 100,000 calls of 32 threads while tokens end, secrets change and services go away; a minute.
soak: environment
	@$(BIN)/python -m benchmarks.soak $(SOAK)

docs: docs-environment
	@$(DOCS_BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs docs/_build
	@echo 'docs: docs/_build/index.html'

docs-environment:
	@test -n '$(PYTHON)' || { echo '$(NO_PYTHON)'; exit 1; }
	@'$(PYTHON)' scripts/make_environment.py $(VENV)-docs --editable . --group docs

lint: style types imports rooms project
	@echo 'lint: nothing found'

style: environment
	@$(BIN)/ruff check --quiet --output-format concise .
	@$(BIN)/ruff format --check --quiet --output-format concise .

types: environment
	@scripts/quietly $(BIN)/mypy

imports: environment
	@scripts/quietly $(BIN)/lint-imports --no-cache

rooms: environment
	@$(BIN)/python scripts/check_rooms.py

# No migration is missing, and no service has anything for Django's checks to complain of.
project: environment
	@scripts/quietly $(CHECK) makemigrations --check --dry-run --settings tests.settings
	@scripts/quietly $(BIN)/python scripts/make_reference.py --check
	@for role in api hermes member template_message catalog; do \
		settings="--settings testproject.settings.$$role"; \
		scripts/quietly $(CHECK) check --fail-level WARNING $$settings && \
		scripts/quietly $(CHECK) makemigrations --check --dry-run $$settings || exit 1; \
	done

format: environment
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .
	@echo 'format: done'

# CPU time, against plain Django and others; writes the table and the plot of docs/benchmarks.md.
bench:
	@test -n '$(PYTHON)' || { echo '$(NO_PYTHON)'; exit 1; }
	@'$(PYTHON)' scripts/make_environment.py $(VENV)-bench --editable . --group bench
	@$(VENV)-bench/bin/python -m benchmarks

# A pair for each Python and each Django but those of `make test`, which is where both are oldest;
# those of 3.14 and 3.15 are in test-newest.
matrix-short: export TOXENV := py312-django60,py313-django61,wheel
matrix-short: run-matrix

matrix: run-matrix
	@'$(PYTHON)' scripts/newest.py env TOXENV=py314-django52,py314-django60 \
		make --no-print-directory test-newest-interpreters || [ $$? = 77 ]

run-matrix:
	@test -n '$(PYTHON)' || { echo '$(NO_PYTHON)'; exit 1; }
	@'$(PYTHON)' scripts/make_environment.py .tox/launcher 'tox>=4.25'
	@'$(PYTHON)' scripts/run_matrix.py .tox/launcher/bin/tox $(PYENV_PYTHONS)

clean:
	@rm -rf $(VENV) $(VENV).lock $(VENV)-bench $(VENV)-bench.lock $(VENV)-docs $(VENV)-docs.lock \
		docs/_build .tox .run build dist *.egg-info .coverage* \
		.hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo 'clean: done'
