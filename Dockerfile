# One image for all services; which one runs is the command (docker-compose.yml).
FROM python:3.13.9-slim-bookworm

WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY ingest ingest
COPY connectors connectors
COPY warehouse warehouse
COPY streams streams
COPY dashboard dashboard
COPY commands commands
COPY docs/huong-dan.md docs/huong-dan.md

RUN useradd --uid 10001 ioc && install -d -o ioc -m 700 /data
USER ioc
VOLUME /data
