VENV   ?= .venv
DIST   ?= dist
PYTHON ?= python3
BIN    := $(VENV)/bin
PROTOS := $(wildcard protos/translator/v1/*.proto protos/translator/captions/v1/*.proto)
# What the fronts over gRPC serve of others' protocols.
FOREIGN := google riva
# google/rpc/*.proto comes with googleapis-common-protos.
SITE    = $(shell $(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
# Stubs of every file, and the services' gRPC classes, into folder $(1); of others' protocols only
# descriptors, for a pool of their own: their clients bring messages of the same names.
define generate
	$(BIN)/python -m grpc_tools.protoc -Iprotos -I$(SITE) --python_out=$(1) --pyi_out=$(1) $(PROTOS)
	$(BIN)/python -m grpc_tools.protoc -Iprotos -I$(SITE) --grpc_python_out=$(1) \
	  protos/translator/v1/translator_service.proto protos/translator/captions/v1/captions.proto
	for name in $(FOREIGN); do mkdir -p $(1)/translator/fronts/$$name && \
	  $(BIN)/python -m grpc_tools.protoc -Iprotos protos/fronts/$$name.proto \
	  --descriptor_set_out=$(1)/translator/fronts/$$name/messages.binpb || exit 1; done
endef

# Tools of releases, in an environment of their own.
TOOLS  := build/tools/venv
# What the image can do.
EXTRAS := server captions gateway redis
LOCKED = --generate-hashes --only-binary :all: --python-version 3.11 \
  --custom-compile-command 'make lock'
# PyTorch's own page of its builds for CPUs, or a folder with that wheel.
TORCH_LINKS ?= https://download.pytorch.org/whl/cpu/torch/
IMAGE  ?= translator

.PHONY: setup demo batch-demo captions-demo test test-all test-quick fuzz soak check protos build bench format clean
.PHONY: lock audit sbom chart chart-schema image release

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

# Those for Python that are run in processes of their own: see the file.
build/judges/.ready: tests/judges/requirements.txt $(VENV)/.ready
	rm -rf build/judges
	$(BIN)/pip install --quiet --no-deps --target build/judges --requirement $<
	@touch $@

demo: setup
	$(BIN)/python examples/demo.py

batch-demo: setup
	$(BIN)/python -m examples.batch_demo

captions-demo: setup
	$(BIN)/python -m examples.captions_demo

# Hundreds of processes are started, which should not compile all modules anew.
test test-all test-quick: export PYTHONDONTWRITEBYTECODE =

# The tests of the chart skip, and say so, where it cannot be had.
build/tools/helm:
	@.ci/helm || echo "there is no helm: the tests of the chart are skipped"

# What other tests look at too is left to test-all. A third process works while others wait.
test: PYTEST_MARKS = -m "not thorough"
test: test-all

test-all: setup clients/node/node_modules/.ready tests/judges/node_modules/.ready \
    build/judges/.ready build/tools/helm
	$(BIN)/python -m pytest --numprocesses 3 --dist worksteal $(PYTEST_MARKS)

# While you work: units, without the properties and what takes long.
test-quick: setup
	$(BIN)/python -m pytest --quiet --numprocesses 2 --dist worksteal \
	  -m "unit and not slow and not hypothesis" tests/unit

# A night of what strangers might send; better with atheris (the extra `fuzz`, for Linux).
fuzz: setup
	$(BIN)/python -m tests.fuzz --cases 1000000

# Streams that come, go, revise and break, for as long as you like: SOAK="--minutes 300".
soak: setup
	$(BIN)/python -m benchmarks.soak $(SOAK)

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
	  --descriptor_set_out=build/protos/image.binpb $(PROTOS) $(FOREIGN:%=protos/fronts/%.proto)
	$(BIN)/buf format --diff --exit-code protos
	$(BIN)/buf lint build/protos/image.binpb --config protos/buf.yaml
	.ci/breaking $(BIN)
	$(call generate,build/protos)
	for stubs in translator/v1 translator/captions/v1; do \
	  diff -r --exclude=__pycache__ --exclude=__init__.py build/protos/$$stubs $$stubs || exit 1; done
	for name in $(FOREIGN); do file=translator/fronts/$$name/messages.binpb; \
	  cmp build/protos/$$file $$file || exit 1; done

# What a release consists of: wheel and source of the package, and the Node client.
build: setup clients/node/node_modules/.ready
	rm -rf $(DIST) && mkdir -p $(DIST)
	$(BIN)/python -m hatchling build --directory $(DIST)
	npm pack --silent --pack-destination $(DIST) ./clients/node

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/buf format --write protos

# A release

$(TOOLS)/.ready: deploy/tools.txt
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/pip install --quiet --requirement deploy/tools.txt
	@touch $@

# Every package of the image, for its Python and processor, with digests. Versions stay as they are
# where they may: `make lock UPGRADE=--upgrade` takes the newest.
lock: $(TOOLS)/.ready
	$(TOOLS)/bin/uv pip compile --quiet $(UPGRADE) $(LOCKED) $(EXTRAS:%=--extra %) \
	  --constraint constraints.txt --python-platform x86_64-manylinux_2_28 \
	  --find-links $(TORCH_LINKS) --no-emit-find-links pyproject.toml \
	  --output-file deploy/requirements.txt
	$(TOOLS)/bin/python -c 'import tomllib; \
	  print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' | \
	  $(TOOLS)/bin/uv pip compile --quiet $(UPGRADE) $(LOCKED) - \
	  --output-file deploy/build-requirements.txt

# Known vulnerabilities of what is in the image. Databases know builds by their public version.
audit: $(TOOLS)/.ready
	mkdir -p build
	sed 's/+cpu//' deploy/requirements.txt > build/audit.txt
	$(TOOLS)/bin/pip-audit --strict --disable-pip --no-deps --requirement build/audit.txt

sbom: $(TOOLS)/.ready
	mkdir -p $(DIST)
	$(TOOLS)/bin/cyclonedx-py requirements deploy/requirements.txt --pyproject pyproject.toml \
	  --mc-type application --output-reproducible --output-file $(DIST)/translator.cdx.json

# What the chart allows as settings is what the server has.
chart-schema: setup
	$(BIN)/python -m deploy.values_schema

HELM = $(firstword $(shell command -v helm) build/tools/helm)

chart: build/tools/helm
	mkdir -p $(DIST)
	$(HELM) lint --strict deploy/helm/translator
	$(HELM) package --destination $(DIST) deploy/helm/translator

image:
	docker build --tag $(IMAGE):$(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' translator/__init__.py) \
	  --build-arg TORCH_LINKS=$(TORCH_LINKS) .

# All of a release but to publish it, which .github/workflows/release.yml does.
release:
	.ci/versions
	$(MAKE) build chart sbom
	@if docker info >/dev/null 2>&1; then $(MAKE) image; \
	  else echo "no image: docker does not run here"; fi
	cd $(DIST) && sha256sum *.whl *.tar.gz *.tgz *.json > SHA256SUMS
	@ls $(DIST)

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

clean:
	rm -rf build $(DIST) .pytest_cache .mypy_cache .ruff_cache .hypothesis
