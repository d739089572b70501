# Each verb makes .venv first, if it is missing or older than what it is made from.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEER := $(VENV)/.reasoning-gym
SEED ?= 0
OUT ?= runs/demo
PROGRAMS ?= 100000

.PHONY: setup demo demo-tools study-weights study-curriculum study-policies study-promotion prompt-model test check format serve bench bench-server bench-pages bench-trainer faults soak soak-server test-compose test-protocols screenshots golden schema families http-reference clean

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
	  || { echo "Python 3.11 is needed; point PYTHON at it: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[train,dev]'
	touch $@

demo: $(READY)
	@$(BIN)/echelon-trainer demo $(OUT) --seed $(SEED) --overwrite

demo-tools: $(READY)
	@$(BIN)/echelon-trainer demo $(OUT)-tools --tools --seed $(SEED) --overwrite

# Which weights are enough: 15 arms, learning rates chosen on dev, 5 seeds each. It goes on where it was stopped.
study-weights: $(READY)
	@$(BIN)/echelon-trainer compare examples/study_weights.yaml --jobs 2

# Does the order matter: every sampling policy on the inverse curriculum, 5 seeds each.
study-curriculum: $(READY)
	@$(BIN)/echelon-trainer compare examples/study_curriculum.yaml --jobs 2

# Settings of the policies on simulated learners, and what the promotion tests promote: docs/curricula.md.
study-policies: $(READY)
	$(BIN)/python -m benchmarks.policies

study-promotion: $(READY)
	$(BIN)/python -m benchmarks.promotion

# Help for a frozen base, by likelihood rewards, held against exact verification: examples/prompt_model.
prompt-model: $(READY)
	@$(BIN)/echelon-trainer prompt-model examples/prompt_model/tiny.yaml runs/prompt_model --jobs 2

schema: $(READY)
	$(BIN)/echelon-server schema > docs/curriculum.schema.json.new
	mv docs/curriculum.schema.json.new docs/curriculum.schema.json

# Two at a time, in order, each with its own server and small models; who is done first takes from the other.
test: $(READY) $(PEER)
	$(BIN)/pytest -q -n 2 --dist worksteal

# A peer that some tests audit. It wants a C compiler; where there is none these tests are skipped.
$(PEER): $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[reasoning-gym]' || true
	touch $@

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

serve: $(READY)
	$(BIN)/echelon-server serve

bench: $(READY)
	$(BIN)/python -m benchmarks

# /sample and /score beside reasoning-gym's server and, after `make .venv-openenv/.ready`, an OpenEnv environment.
bench-server: $(READY) $(PEER)
	$(BIN)/python -m benchmarks.server

# Other projects, each in an environment of its own: `make .venv-openenv/.ready`.
PEERS := openenv openenv-core verifiers verl
.venv-openenv/.ready: WANTS = openenv==0.10.0
.venv-openenv-core/.ready: WANTS = openenv-core==0.3.0
.venv-verifiers/.ready: WANTS = 'verifiers[openenv]==0.4.0'
.venv-verl/.ready: WANTS = verl==0.9.1 torch==2.13.0 httpx

$(PEERS:%=.venv-%/.ready):
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet $(WANTS)
	touch $@

# Their own clients against our server.
test-protocols: $(READY) $(PEERS:%=.venv-%/.ready)
	$(BIN)/pytest -q tests/protocols

# Every page, with a thousand runs and a million rollouts in the store.
bench-pages: $(READY)
	$(BIN)/python -m benchmarks.pages

# Every fault that a server and its store must outlive, done to real ones.
faults: $(READY)
	$(BIN)/python -m benchmarks.faults

# A million scores, and what the server holds of memory meanwhile.
soak-server: $(READY)
	$(BIN)/python -m benchmarks.soak_server

# compose.yaml brought up for real and broken on purpose; wants a Docker engine, and twenty minutes on two cores.
test-compose: $(READY)
	$(BIN)/python -m deploy.try_compose

# The pages of what `make demo` has left, photographed for docs/; wants chromium (apt install chromium).
screenshots: $(READY)
	$(BIN)/python -m tests.envserver.pages.screenshots $(OUT)/rollouts.db docs/pages

# Our training steps against stock TRL's, arm by arm in one run; about forty minutes on two cores.
bench-trainer: $(READY)
	$(BIN)/python -m benchmarks.trainer

soak: $(READY)
	$(BIN)/python -m benchmarks.soak $(PROGRAMS)
	ECHELON_INVERSES=100000 $(BIN)/pytest -q tests/generators/linear_algebra/test_matrix_inverse.py -k independent_inverse

golden: $(READY)
	$(BIN)/python -m tests.golden

families: $(READY)
	$(BIN)/echelon-server families --markdown > docs/families.md.new
	mv docs/families.md.new docs/families.md

http-reference: $(READY)
	$(BIN)/echelon-server http-reference > docs/http.md.new
	mv docs/http.md.new docs/http.md

clean:
	rm -rf $(VENV) $(PEERS:%=.venv-%) runs build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
