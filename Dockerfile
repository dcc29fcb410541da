# Two images. The app serves finished stores and carries no torch; it is the default:
#   docker build -t scconcepts .
#   docker run -p 8050:8050 -v $PWD/runs:/stores:ro -v labels:/labels scconcepts
# The offline half, with torch (CPU; for a GPU: --build-arg TORCH_INDEX= and --gpus all):
#   docker build --target precompute -t scconcepts-precompute .
ARG PYTHON=python:3.11-slim

FROM ${PYTHON} AS base
ARG PIP_FIND_LINKS
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /app
RUN useradd --create-home --uid 10001 scconcepts \
    && mkdir -p /stores /labels /home/scconcepts/.cache \
    && chown -R scconcepts /labels /home/scconcepts
COPY pyproject.toml constraints.txt README.md LICENSE ./

FROM base AS precompute
# Said again, as not every builder hands it on to the stages made from this one.
ARG PIP_FIND_LINKS
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN python -m venv /venv \
    && /venv/bin/pip install ${TORCH_INDEX:+--extra-index-url ${TORCH_INDEX} --retries 0 --timeout 15} \
       -c constraints.txt torch
COPY scconcepts_app scconcepts_app
COPY precompute precompute
ARG EXTRAS=precompute,scvi,geneformer
RUN /venv/bin/pip install -c constraints.txt ".[${EXTRAS}]"
# Compiled code and settings are kept where any --user may write.
ENV NUMBA_CACHE_DIR=/tmp/numba MPLCONFIGDIR=/tmp/matplotlib
USER scconcepts
WORKDIR /data
ENTRYPOINT ["/venv/bin/python", "-m", "precompute"]
CMD ["--help"]

FROM base AS app
ARG PIP_FIND_LINKS
# EXTRAS=app leaves out what h5ad downloads need (anndata, and with it pandas, scipy and h5py).
ARG EXTRAS=app,h5ad
RUN python -m venv /venv
COPY scconcepts_app scconcepts_app
RUN /venv/bin/pip install -c constraints.txt ".[${EXTRAS}]"
COPY app.py ./
COPY assets assets
ENV SCCONCEPTS_STORES=/stores \
    SCCONCEPTS_ANNOTATIONS_URL=sqlite:////labels/annotations.sqlite3 \
    SCCONCEPTS_CACHE_DIR=/home/scconcepts/.cache
USER scconcepts
EXPOSE 8050
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["/venv/bin/python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8050/healthz', timeout=4)"]
CMD ["/venv/bin/gunicorn", "app:server", "--bind", "0.0.0.0:8050", "--workers", "2", "--threads", "4", "--access-logfile", "-"]
