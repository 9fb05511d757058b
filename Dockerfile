# syntax=docker/dockerfile:1
# The application: web, workers and commands. docs/deploy.md says how to build and run it.
#
#   docker build --tag music-explore:0.1.0 .
#   docker build --tag music-explore:0.1.0-gpu --build-arg VARIANT=gpu .
#   docker build --build-arg NETWORKS=included .      # with the networks in the image, instead of in a volume
ARG PYTHON=3.12.12-slim-trixie
ARG NETWORKS=absent

FROM python:${PYTHON} AS packages
# cpu, or gpu for ONNX Runtime on NVIDIA cards, with CUDA's libraries from the same packages
ARG VARIANT=cpu
WORKDIR /build
ENV PATH=/opt/venv/bin:$PATH \
    PIP_DISABLE_PIP_VERSION_CHECK=1
COPY locks locks
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv /opt/venv && \
    case "$VARIANT" in \
      cpu) lock=requirements.txt ;; \
      gpu) lock=requirements-gpu.txt ;; \
      *) echo "VARIANT is cpu or gpu, not $VARIANT" >&2; exit 1 ;; \
    esac && \
    pip install --only-binary :all: --requirement "locks/$lock" --requirement locks/requirements-celery.txt \
      --requirement locks/requirements-postgresql.txt

FROM packages AS networks-absent
RUN mkdir /models

FROM packages AS networks-included
COPY . .
RUN MUSIC_EXPLORE_MODELS_DIR=/models flask download-models

# hadolint ignore=DL3006
FROM networks-${NETWORKS} AS networks

FROM python:${PYTHON} AS application
# Of the application and the strictest of its packages; docs/licences.md lists all.
LABEL org.opencontainers.image.licenses="MIT AND GPL-2.0-or-later AND LGPL-3.0-only"
WORKDIR /app
# A token is always asked for: in a pod or behind a mesh, others come from this machine's own address, too.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    NUMBA_CACHE_DIR=/tmp/numba \
    MUSIC_EXPLORE_ROOT_DIR=/data \
    MUSIC_EXPLORE_AUDIO_DIR=/music \
    MUSIC_EXPLORE_MODELS_DIR=/models \
    MUSIC_EXPLORE_TRUST_THIS_MACHINE=false
RUN groupadd --gid 10001 music && \
    useradd --uid 10001 --gid music --no-create-home --home-dir /tmp --shell /usr/sbin/nologin music && \
    install --directory --owner music --group music /data /models
COPY --from=packages /opt/venv /opt/venv
COPY --from=networks --chown=10001:10001 /models /models
COPY LICENSE gunicorn.conf.py wsgi.py ./
COPY app app
COPY cli cli
COPY migrations migrations
COPY static static
COPY templates templates
USER 10001:10001
EXPOSE 5000
VOLUME ["/data", "/models"]
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:5000/healthz', timeout=4)"]
CMD ["gunicorn", "--bind", "0.0.0.0:5000", "--no-control-socket", "wsgi:app"]
