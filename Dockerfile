# The application for real servers: web, worker, beat and one-off commands are this one image.

# The browser's side, built and left behind.
FROM node:24-slim AS assets
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY bin/assets.mjs bin/
COPY crm/static crm/static
COPY crm/templates crm/templates
RUN node bin/assets.mjs

FROM python:3.13-slim
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app

# pg_dump of the database's own version, from PostgreSQL's packages: the nightly backup runs in a worker.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates postgresql-common \
 && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
 && apt-get install --yes --no-install-recommends postgresql-client-18 \
 && rm -rf /var/lib/apt/lists/*
ENV POSTGRES_PROGRAMS=/usr/lib/postgresql/18/bin

# As bin/up does where there is no uv: setuptools is locked, too, and builds the one requirement that is no wheel.
COPY requirements-build.txt requirements.txt ./
RUN pip install --require-hashes --only-binary :all: -r requirements-build.txt \
 && pip install --require-hashes --only-binary :all: --no-binary flask-principal --no-build-isolation \
        -r requirements.txt \
 && pip uninstall --yes setuptools uv

COPY wsgi.py celery_worker.py ./
COPY migrations migrations
COPY crm crm
COPY --from=assets /build/crm/static/built crm/static/built
RUN python -m compileall -q crm migrations

# Nothing of the image is the account's own but the data folder.
RUN useradd --system --uid 10001 --no-create-home pantry && install -d -o pantry -g pantry -m 0750 /data
USER pantry
ENV DATA_DIR=/data FLASK_APP=crm.cli
VOLUME /data
EXPOSE 8000

CMD ["gunicorn", "--worker-class", "asgi", "--workers", "2", "--bind", "0.0.0.0:8000", \
     "--graceful-timeout", "5", "--no-control-socket", "--worker-tmp-dir", "/dev/shm", "crm.live:make()"]
