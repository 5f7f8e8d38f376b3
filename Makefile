VENV   ?= .venv
DIST   ?= dist
PYTHON ?= python3
BIN    := $(VENV)/bin
PROTOS := $(wildcard protos/translator/v1/*.proto protos/translator/captions/v1/*.proto)
# google/rpc/*.proto comes with googleapis-common-protos.
SITE    = $(shell $(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
# Stubs of every file, and the services' gRPC classes, into folder $(1).
define generate
	$(BIN)/python -m grpc_tools.protoc -Iprotos -I$(SITE) --python_out=$(1) --pyi_out=$(1) $(PROTOS)
	$(BIN)/python -m grpc_tools.protoc -Iprotos -I$(SITE) --grpc_python_out=$(1) \
	  protos/translator/v1/translator_service.proto protos/translator/captions/v1/captions.proto
endef

.PHONY: setup demo batch-demo captions-demo test test-quick check protos build bench format clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

# The engines that ours is measured beside.
$(VENV)/.bench: $(VENV)/.ready
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[bench]'
	@touch $@

clients/node/node_modules/.ready: clients/node/package.json clients/node/package-lock.json
	npm ci --prefix clients/node --no-audit --no-fund --loglevel=error
	@touch $@

# Clients of other services, which judge the fronts.
tests/judges/node_modules/.ready: tests/judges/package.json tests/judges/package-lock.json
	npm ci --prefix tests/judges --no-audit --no-fund --loglevel=error
	@touch $@

demo: setup
	$(BIN)/python examples/demo.py

batch-demo: setup
	$(BIN)/python -m examples.batch_demo

captions-demo: setup
	$(BIN)/python -m examples.captions_demo

# Hundreds of processes are started, which should not compile all modules anew.
test test-quick: export PYTHONDONTWRITEBYTECODE =

test: setup clients/node/node_modules/.ready tests/judges/node_modules/.ready
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal

# While you work: units, without the properties and what takes long.
test-quick: setup
	$(BIN)/python -m pytest --quiet --numprocesses 2 --dist worksteal \
	  -m "unit and not slow and not hypothesis" tests/unit

# Stubs are generated beside the package, compared by `check`, and committed.
protos: setup
	$(call generate,.)

check: setup
	.ci/subjects
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	mkdir -p build/protos
	$(BIN)/python -m grpc_tools.protoc -Iprotos -I$(SITE) --include_imports --include_source_info \
	  --descriptor_set_out=build/protos/image.binpb $(PROTOS)
	$(BIN)/buf format --diff --exit-code protos
	$(BIN)/buf lint build/protos/image.binpb --config protos/buf.yaml
	.ci/breaking $(BIN)
	$(call generate,build/protos)
	for stubs in translator/v1 translator/captions/v1; do \
	  diff -r --exclude=__pycache__ --exclude=__init__.py build/protos/$$stubs $$stubs || exit 1; done

# What a release consists of: wheel and source of the package, and the Node client.
build: setup clients/node/node_modules/.ready
	rm -rf $(DIST) && mkdir -p $(DIST)
	$(BIN)/python -m hatchling build --directory $(DIST)
	npm pack --silent --pack-destination $(DIST) ./clients/node

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/buf format --write protos

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

clean:
	rm -rf build $(DIST) .pytest_cache .mypy_cache .ruff_cache .hypothesis
