# Two images: `--target core` is agentrig, `--target demo` adds what `agentrig demo` needs.
#
#   docker build --target core -t agentrig:0.1.0 .
#   docker build --target demo -t agentrig-demo:0.1.0 .
#
# BASE needs Python 3.11-3.13 and nothing else. BUILD_BASE needs the same Python at the same
# path with its venv module (Debian: python3-venv); it is BASE itself for the official image.
ARG BASE=python:3.13.12-slim-trixie
ARG BUILD_BASE=${BASE}

FROM ${BUILD_BASE} AS builder
# Behind a proxy that signs with a CA of its own: mount the CA, and name its file here.
ARG SSL_CERT_FILE
ARG UV_VERSION=0.13.9
RUN python3 -m venv /opt/uv \
 && PIP_CERT="${SSL_CERT_FILE:-}" /opt/uv/bin/pip install \
      --no-cache-dir --disable-pip-version-check "uv==${UV_VERSION}"
# Byte code: a container on a read-only root cannot keep what it compiles, so it would compile
# at every start: measured 0.56 s for the imports of a run instead of 0.25 s, against 17 MB.
# Unchecked, because a builder that sets all files to one time would make each look stale.
ENV UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/opt/agentrig \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_COMPILE_BYTECODE=1 \
    PYC_INVALIDATION_MODE=UNCHECKED_HASH
WORKDIR /src
COPY pyproject.toml uv.lock ./
RUN UV_PYTHON="$(command -v python3)" /opt/uv/bin/uv sync \
      --frozen --no-dev --extra kubernetes --extra git --extra s3 --extra packages --extra webhook \
      --no-install-project \
 # Of Amazon's services S3 is used, and what gives credentials for it: the others' descriptions
 # are 24 MB. Neither are the libraries' own tests of use.
 && cd /opt/agentrig/lib/python3*/site-packages \
 && find botocore/data -mindepth 1 -maxdepth 1 -type d \
      ! -name s3 ! -name sts ! -name sso ! -name sso-oidc -exec rm -r {} + \
 && rm -r dulwich/tests
COPY README.md ./
COPY charts/agentrig charts/agentrig
COPY runner/agentrig runner/agentrig
COPY scenarios/demo scenarios/demo
RUN UV_PYTHON="$(command -v python3)" /opt/uv/bin/uv sync \
      --frozen --no-dev --extra kubernetes --extra git --extra s3 --extra packages --extra webhook --no-editable

# What the demo's extra adds to the environment, alone: the demo image shares core's layers.
FROM builder AS demo-builder
ARG SSL_CERT_FILE
RUN touch /before \
 && UV_COMPILE_BYTECODE=0 UV_PYTHON="$(command -v python3)" /opt/uv/bin/uv sync \
      --frozen --no-dev --extra kubernetes --extra git --extra s3 --extra packages --extra webhook --extra demo --inexact --no-install-project \
 && mkdir /added \
 && find /opt/agentrig -cnewer /before \( -type f -o -type l \) -exec cp -P --parents -t /added {} + \
 && python3 -m compileall -q -s /added --invalidation-mode unchecked-hash /added

FROM ${BASE} AS core
COPY --from=builder /opt/agentrig /opt/agentrig
COPY scenarios/demo /scenarios/demo
# The official image has no byte code of the standard library: keep what a run imports of it
# (measured 0.3 s a start, against 4 MB). Nothing to do on Debian's.
RUN /opt/agentrig/bin/python -c 'import httpx, jq, lightkube, pydantic, pyreqwest, pytest, yaml'
# All that a run writes goes below /tmp, wherever the root is read-only and whoever runs it.
ENV PATH=/opt/agentrig/bin:${PATH} \
    HOME=/tmp \
    TMPDIR=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /tmp
# By number, so that runAsNonRoot can be checked. Group 0, as OpenShift's arbitrary users.
USER 10001:0
ENTRYPOINT ["agentrig"]

FROM core AS demo
COPY --from=demo-builder /added/ /
