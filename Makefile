# Everything runs from a fresh clone: each target makes the environment that it needs.
PYTHON ?= python3
PORT ?= 8080
BIN := .venv/bin
# Extras stay in the lines: without them pip looks for `lxml[html-clean]` anew, and refuses the next version for its hash.
COMPILE := uv pip compile -q --no-strip-extras --universal --generate-hashes --python-version 3.11

.PHONY: demo run test check lint types architecture bench picture format lock clean help
.DEFAULT_GOAL := help

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: .venv/run ## the bot and a chat page in the browser: no token, no network
	@exec $(BIN)/python -m bot demo --port $(PORT)

run: .venv/run ## the bot itself: needs a token in BOT_TOKEN or BOT_TOKEN_FILE
	@exec $(BIN)/python -m bot run

test: .venv/dev ## the whole test suite
	$(BIN)/pytest -n 3

check: lint types architecture content test ## what CI runs

lint: .venv/dev ## style, spelling and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/codespell

types: .venv/dev ## mypy, strict
	$(BIN)/mypy

architecture: .venv/dev ## the direction of imports
	$(BIN)/lint-imports --no-cache

.PHONY: content
content: .venv/run ## the content, as an editor checks it
	$(BIN)/python -m bot check content --strict

.PHONY: preview
preview: .venv/run ## the digests as readers will see them, in this terminal
	@$(BIN)/python -m bot preview content

bench: .venv/run .venv-bench/peers ## the bot and its peers side by side, for a quarter of an hour; writes docs/performance.md
	@PYTHONPATH=. $(BIN)/python -m bench

.PHONY: bench-quick figures
bench-quick: .venv/run .venv-bench/peers ## a minute of it, as CI looks at it: fails where a promise is missed by more than half
	@PYTHONPATH=. $(BIN)/python -m bench --quick

figures: .venv/run ## figures of a start and of the demo, on this machine
	$(BIN)/python bench/figures.py

.PHONY: reliability
reliability: .venv/dev ## kill the bot, break its network, fill its disk; write the figures into docs/reliability.md
	$(BIN)/python -m tests.full_campaign

.PHONY: replicas
replicas: .venv/dev ## kill and pause three bots on PostgreSQL, and take it away; writes docs/reliability.md (a quarter of an hour)
	$(BIN)/python -m tests.replicas_campaign

.PHONY: million
million: .venv/dev ## a million readers: planned, sent at both of Telegram's rates, asked, backed up; writes docs/scaling.md (half an hour)
	PYTHONPATH=. $(BIN)/python -m tests.million_campaign

.PHONY: fuzz
fuzz: .venv/dev ## 100,000 broken YAML files, 100,000 Markdown texts and 1,000,000 mutated updates: nothing may come of them
	$(BIN)/python -m tests.fuzz

picture: .venv/dev ## take the README's picture anew (needs Chromium)
	$(BIN)/python docs/picture.py

.PHONY: schema
schema: .venv/run ## write the JSON Schemas of the content files anew, into content/schema
	PYTHONPATH=. $(BIN)/python docs/schema.py

.PHONY: cities
cities: .venv/dev ## make the cities and the names of time zones anew, from GeoNames and CLDR into bot/places
	PYTHONPATH=. $(BIN)/python docs/cities.py

format: .venv/dev ## put the code into the house's form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: .venv/dev ## compile the locked requirements anew (needs uv on the path)
	$(COMPILE) pyproject.toml -o requirements.txt
	$(COMPILE) pyproject.toml --extra draft -c requirements.txt -o requirements-draft.txt
	$(COMPILE) pyproject.toml --extra draft --extra dev -c requirements-draft.txt -o requirements-dev.txt
	$(COMPILE) bench/requirements.in -o bench/requirements.txt
	sed -i 's/^lxml\[html-clean\]/lxml[html_clean]/' requirements-d*.txt # as justext writes it: pip 23 takes them for two

.PHONY: sbom audit
sbom: .venv/dev ## what the image is made of, for scanners: sbom.json (CycloneDX) from the locked requirements
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --mc-type application --spec-version 1.6 \
	  --output-reproducible --output-file sbom.json requirements.txt

audit: .venv/dev ## known vulnerabilities of the locked requirements (needs the network)
	$(BIN)/python .ci/audit.py $(BIN)/pip-audit

clean: ## remove the environment and all caches
	rm -rf .venv .venv-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv

# A checkout is where editors draft: it takes the extra as well, which the image leaves out.
.venv/run: requirements-draft.txt | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-draft.txt
	@touch $@

.venv/dev: requirements-dev.txt .venv/run
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# Peers of the benchmark: nothing of theirs is ever installed beside the bot.
.venv-bench/peers: bench/requirements.txt
	test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r bench/requirements.txt
	@touch $@
