# Targets: server (no torch), trainer. Nothing is fetched but packages.
FROM python:3.11-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY generators generators
COPY curricula curricula
COPY envserver envserver
COPY trainer_client trainer_client
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin echelon

FROM base AS server
RUN pip install --constraint constraints.txt ".[postgres]" && mkdir /data && chown echelon /data
USER 10001
ENV ECHELON_HOST=0.0.0.0 ECHELON_PORT=8000 ECHELON_DATABASE_URL=sqlite:////data/rollouts.db
EXPOSE 8000
# The slim image has no curl.
HEALTHCHECK --interval=5s --timeout=3s --retries=12 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["echelon-server", "serve"]

FROM base AS trainer
RUN pip install --constraint constraints.txt ".[train]" && mkdir /runs && chown echelon /runs
USER 10001
ENV HOME=/tmp MPLCONFIGDIR=/tmp/matplotlib
CMD ["echelon-trainer", "demo", "/runs/demo"]
