# syntax=docker/dockerfile:1

FROM python:3.11-slim AS build

# PyTorch's own page of its builds for CPUs: PyPI's build for Linux brings CUDA, several gigabytes. It
# is a page of links and no second index, and everything has to have a digest of the lock.
ARG TORCH_LINKS=https://download.pytorch.org/whl/cpu/torch/

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv --without-pip /opt/translator
WORKDIR /src
COPY deploy/requirements.txt deploy/build-requirements.txt deploy/
RUN pip --python /opt/translator/bin/python install --require-hashes --only-binary :all: \
      --find-links "${TORCH_LINKS}" --requirement deploy/requirements.txt
RUN pip install --require-hashes --only-binary :all: --requirement deploy/build-requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY translator translator
RUN pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /wheels . \
 && pip --python /opt/translator/bin/python install --no-index --no-deps /wheels/*.whl

FROM python:3.11-slim

LABEL org.opencontainers.image.title="translator" \
      org.opencontainers.image.licenses="Apache-2.0"

# Nothing installs packages here.
RUN rm -r "$(python -c 'import ensurepip; print(ensurepip.__path__[0])')" \
 && python -m pip uninstall --yes --quiet --root-user-action=ignore setuptools wheel pip

# Any user may run it. Those of group 0, as on OpenShift, may also write where models and kernels are
# kept; all others need a volume there, or do without.
RUN install --directory --owner 10001 --group 0 --mode 0775 \
      /var/cache/translator /var/lib/translator /var/lib/translator/models
COPY --from=build /opt/translator /opt/translator
ENV PATH=/opt/translator/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp \
    TRANSLATOR_PORT=50051 TRANSLATOR_STORE=/var/lib/translator/models
# What reaches a container is decided outside of it. With TRANSLATOR_TLS_CERT and TRANSLATOR_TLS_KEY
# its ports have TLS; see docs/operations.md.
ENV TRANSLATOR_ALLOW_PLAINTEXT=true
# Where the kernels of eight-bit models are kept, compiled for this processor; on another one the
# first start compiles them again. Digests of large model files are kept there too.
ENV NUMBA_CACHE_DIR=/var/cache/translator XDG_CACHE_HOME=/var/cache/translator
USER 10001:0
RUN translator translate "It is ready." && chmod -R g=u /var/cache/translator
EXPOSE 50051

# Set the port with TRANSLATOR_PORT, not with --port, so that this check knows it; it finds TLS by the settings too.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["translator", "health"]

# Streams get TRANSLATOR_DRAIN_GRACE_S (20 s) to move away: give `docker stop` more, --time 30.
STOPSIGNAL SIGTERM
ENTRYPOINT ["translator", "serve", "--host", "0.0.0.0"]
