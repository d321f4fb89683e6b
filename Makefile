# On a fresh machine with Python 3.11 or newer, pip and make, every target sets up all it needs in .venv.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
BUDGET ?= 132s
SCRIPTS ?= 1000
SEED ?= 0
TIMES ?= 200

# Where the environment forbids bytecode files, each of the hundreds of processes of a test run would compile all it imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := certify
.PHONY: certify certify-all test package browser images containers check format ticket-shop conformance soak soak-described soak-certificates soak-ends soak-listed bench clean

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[breakers,libraries,processes,containers,foreign,sign,dev]"
	touch $(READY)

certify: $(READY)  ## the main job: judge every shipped subject
	$(BIN)/shaketable certify --budget $(BUDGET) --out certificate

certify-all: $(READY)  ## every subject, every mutant, and every described system that this machine can run: one table, some half an hour
	-$(MAKE) ticket-shop
	$(BIN)/python -m tests.certify_all

test: $(READY)  ## every test that needs no container, browser, index or campaign
	$(BIN)/python -m pytest -q -m "not campaign" -n auto --dist loadfile --no-loadscope-reorder --ignore tests/containers --ignore tests/package --ignore tests/browser

package: $(READY)  ## the wheel and an editable install, in a fresh environment (pip asks its index), under a minute
	$(BIN)/python -m pytest -q tests/package

browser: $(READY)  ## the page in a real browser (needs Debian's chromium), under a minute
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[browser]"
	$(BIN)/python -m pytest -q tests/browser

images: $(READY)  ## every image of the world containers, from packages: no image registry is asked
	$(BIN)/python images/build.py

containers: images  ## every test that needs a Docker engine
	$(BIN)/python -m pytest -q tests/containers

check: $(READY)  ## formatting, lints, types, the arrows between modules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

ticket-shop:  ## the example of a black box, compiled for `--world processes`
	$(MAKE) -C target_services/shaketable_targets/ticket_shop

conformance: $(READY)  ## the models against real servers: thousands of scripts (Kafka's jars need mvn and java)
	$(BIN)/python -m tests.conformance.kafka_server
	SHAKETABLE_CONFORMANCE_SCRIPTS=$(SCRIPTS) SHAKETABLE_CONFORMANCE_SEED=$(SEED) $(BIN)/python -m pytest -q -s tests/conformance

soak: $(READY)  ## 5,000 runs on every hardened subject, counterexamples replayed 20 times, every mutant by three seeds
	$(BIN)/python -m pytest -q -m campaign -n auto --ignore tests/containers --ignore tests/package --ignore tests/browser
	$(BIN)/python -m tests.soak
	$(BIN)/python -m tests.mutants.killing --runs 1000 --seeds 1,2,3
	$(BIN)/python -m tests.hostile_files

soak-described: $(READY) ticket-shop  ## searches on the described systems, on real servers: what breaks, and what does not
	$(BIN)/python -m tests.soak --described

soak-certificates: $(READY)  ## genuine certificates of every shipped subject: verify must believe each
	$(BIN)/python -m tests.soak --certificates $(TIMES)

soak-ends: $(READY)  ## commands on real servers killed, interrupted and terminated: nothing may be left or lost
	$(BIN)/python -m tests.ends --times $(TIMES)

soak-listed: $(READY)  ## the stories of the listings on the pages, ten times each on real servers
	$(BIN)/python -m tests.listed_stories

bench: $(READY)  ## measurements, as ratios of one run
	$(BIN)/python -m tests.bench

clean:
	rm -rf .venv certificate build dist *.egg-info
