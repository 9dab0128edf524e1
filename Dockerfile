# `docker build .` makes the command line; docker-compose.yml also takes the stage `pgbouncer`.
ARG PYTHON_IMAGE=python:3.13-slim
ARG DEBIAN_IMAGE=debian:trixie-slim

FROM ${DEBIAN_IMAGE} AS pgbouncer
RUN apt-get update --quiet \
    && DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends pgbouncer \
    && rm -rf /var/lib/apt/lists/*
COPY containers/pgbouncer /usr/local/bin/entrypoint
USER postgres
EXPOSE 6432
ENTRYPOINT ["entrypoint"]

FROM ${PYTHON_IMAGE} AS build
RUN python3 -m venv /opt/pgvectorize
COPY . /src
RUN /opt/pgvectorize/bin/pip install --no-cache-dir --disable-pip-version-check "/src[parquet]"

FROM ${PYTHON_IMAGE}
COPY --from=build /opt/pgvectorize /opt/pgvectorize
ENV PATH="/opt/pgvectorize/bin:${PATH}"
USER nobody
ENTRYPOINT ["pgvectorize"]
CMD ["--help"]
