# Every command of the repository. `make` alone lists them.
#
# `make demo` and `make test` need Python 3.11 or newer and nothing else; what they install
# goes into .venv. PYTHON=... chooses an interpreter, ARGS="..." passes arguments on:
# `make test ARGS="-k refresh"`, `make demo ARGS="--port 8001"`.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-all nox lint workflows migrations docs messages pages contract browser screenshots real-projects soak bench ci clean

ARGS ?=
PYTHON ?=
RUN := .venv/bin/python
# -qq: pip's errors and nothing else.
PIP := $(RUN) -m pip --disable-pip-version-check install -qq

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

demo: .venv/.installed-example ## Start the example on SQLite and print what to paste
	@$(RUN) manage.py demo $(ARGS)

PYTEST := $(RUN) -m pytest -n auto --dist worksteal
# Without compiled files every process rewrites every assertion: ten seconds each.
unexport PYTHONDONTWRITEBYTECODE

test: .venv/.installed-test ## Run the tests that need no service: three minutes on two cores
	@echo "About three minutes on two cores; the percentages below count the tests that are done."
	@$(PYTEST) -m "not many and not slow" $(ARGS) </dev/null
	@echo
	@echo "This was SQLite, without the tests that take long. Also:"
	@echo "  all of SQLite make test-all"
	@echo "  one database  make nox ARGS='-s postgresql', mariadb or mysql"
	@echo "                (mysqlclient compiles: Debian wants libmariadb-dev and pkg-config)"
	@echo "  all at once   make ci"
	@echo "  the browser   make browser (Debian wants chromium)"
	@echo "CONTRIBUTING.md says which variables name the servers."

test-all: .venv/.installed-test ## The same, with those that take long: fuzzing, faults, simulations
	$(PYTEST) $(ARGS) </dev/null

nox: .venv/.installed-matrix ## Run a version or database of noxfile.py: ARGS="-s mysql"
	.venv/bin/nox $(ARGS)

lint: .venv/.installed-test .venv/.installed-lint ## Check style, types and import directions
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	.venv/bin/lint-imports
	$(RUN) .ci/check_floors.py

workflows: .venv/.installed-workflows ## Check the workflows of .github for mistakes and for security
	.venv/bin/actionlint
	.venv/bin/zizmor --offline --quiet .github

migrations: .venv/.installed-test ## Check that no migration is missing, for every user model
	@for users in stock email uuid noemail; do \
	  AUTHKIT_TEST_USERS=$$users $(RUN) -W error -m django makemigrations --settings tests.settings \
	    --pythonpath . --check --dry-run || exit 1; \
	done
	@folder=$$(mktemp -d) && trap 'rm -r "$$folder"' EXIT && \
	  EXAMPLE_SQLITE_PATH=$$folder/example.sqlite3 $(RUN) manage.py makemigrations --check --dry-run

docs: .venv/.installed-docs ## Build the documentation into docs/_build/html
	$(RUN) -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

messages: .venv/.installed-test ## Bring the translations up to what is marked, and compile them
	$(RUN) -m tests.catalogues

pages: .venv/.installed-test ## Write what the documentation generates from declarations
	$(RUN) -m tests.docs.settings_page
	$(RUN) -m tests.docs.event_table
	$(RUN) -m tests.schema.pages

contract: .venv/.installed-contract ## Hold other people's contract tools against the example
	$(RUN) -m tests.contract $(ARGS)

browser: .venv/.installed-browser ## Use the pages of the example in a browser; it needs Chromium
	$(RUN) -m pytest tests/browser $(ARGS) </dev/null

PICTURES := log-in overview second-factor-scan second-factor-codes sessions
screenshots: .venv/.installed-browser ## Make the pictures of the documentation anew, in Chromium
	@folder=$$(mktemp -d) && trap 'rm -r "$$folder"' EXIT && \
	  AUTHKIT_BROWSER_SCREENSHOTS=$$folder $(RUN) -m pytest -q -k "no_state and light" \
	    tests/browser/test_pages_for_everybody.py && \
	  for name in $(PICTURES); do \
	    cp "$$folder/light-$$name.png" "docs/_static/pages/$$name.png" || exit 1; \
	  done

real-projects: .venv/.installed-test ## Compare the schema audit with what other people's projects answer
	$(RUN) -m tests.real_projects $(ARGS)

soak: .venv/.installed-soak ## Kill and restart what the example stands on, and check what must hold
	$(RUN) -m tests.soak $(ARGS)

bench: .venv/.installed-bench ## Measure beside the other libraries
	$(RUN) -m benchmarks $(ARGS)

ci: ## Run what has to pass before a change lands: every database, version and user model
	.ci/run

clean: ## Remove the environment and everything that was built
	rm -rf .venv .nox build dist docs/_build htmlcov .coverage .coverage.* .pytest_cache .mypy_cache \
	  .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment ----------------------------------------------------------------------

# One stamp for each file of requirements: nothing is installed twice.
.venv/.installed-%: requirements/%.txt requirements/constraints.txt pyproject.toml .venv/.made
	@echo "Installing requirements/$*.txt into .venv ..."
	@$(PIP) -c requirements/constraints.txt -e . -r requirements/$*.txt
	@touch $@

.venv/.made:
	@test -x $(RUN) || { python=$$(.ci/find-python $(PYTHON)) && "$$python" -m venv .venv; }
	@touch $@
