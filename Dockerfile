# Targets: server (no torch), trainer, proxy (nginx before several servers). Nothing is fetched but packages.
FROM python:3.11-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin echelon
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY generators generators
COPY curricula curricula
COPY envserver envserver
COPY trainer_client trainer_client

FROM base AS server
RUN pip install --constraint constraints.txt ".[postgres]" && mkdir /data && chown echelon /data
USER 10001
ENV ECHELON_HOST=0.0.0.0 ECHELON_PORT=8000 ECHELON_DATABASE_URL=sqlite:////data/rollouts.db
EXPOSE 8000
# Ready, not only alive: what comes after it needs the store too. The slim image has no curl.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=6 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
CMD ["echelon-server", "serve"]

FROM base AS trainer
RUN pip install --constraint constraints.txt ".[train]" && mkdir /runs /models && chown echelon /runs /models
USER 10001
ENV HOME=/tmp MPLCONFIGDIR=/tmp/matplotlib HF_HOME=/models
CMD ["echelon-trainer", "demo", "/runs/demo"]

FROM python:3.11-slim-bookworm AS proxy
RUN apt-get update && apt-get install -y --no-install-recommends nginx-light && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin proxy-user
COPY deploy/nginx.conf /etc/nginx/nginx.conf
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=6 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
CMD ["nginx", "-g", "daemon off;"]
