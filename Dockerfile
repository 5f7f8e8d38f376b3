# syntax=docker/dockerfile:1

FROM python:3.11-slim AS build

# The constraint names torch's exact version. PyPI's build for Linux brings CUDA, several gigabytes;
# this index has the CPU build of the same version, which pip prefers for its local version ("+cpu").
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/translator
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY translator translator
RUN /opt/translator/bin/pip install \
      --constraint constraints.txt --extra-index-url "${TORCH_INDEX}" '.[server]'

FROM python:3.11-slim

RUN useradd --system --no-create-home --uid 10001 translator \
 && install --directory --owner 10001 /var/cache/translator
COPY --from=build /opt/translator /opt/translator
ENV PATH=/opt/translator/bin:$PATH PYTHONUNBUFFERED=1 TRANSLATOR_PORT=50051
# What reaches a container is decided outside of it. With TRANSLATOR_TLS_CERT and TRANSLATOR_TLS_KEY
# its ports have TLS; see docs/operations.md.
ENV TRANSLATOR_ALLOW_PLAINTEXT=true
# Where the kernels of eight-bit models are kept, compiled for this processor; on another one the
# first start compiles them again.
ENV NUMBA_CACHE_DIR=/var/cache/translator
USER 10001
RUN ["translator", "translate", "It is ready."]
EXPOSE 50051

# Set the port with TRANSLATOR_PORT, not with --port, so that this check knows it; it finds TLS by the settings too.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["translator", "health"]

# Streams get TRANSLATOR_DRAIN_GRACE_S (20 s) to move away: give `docker stop` more, --time 30.
STOPSIGNAL SIGTERM
ENTRYPOINT ["translator", "serve", "--host", "0.0.0.0"]
