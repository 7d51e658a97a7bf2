# The bot alone: no sandbox, no embedded database, no build tools.
# docs/operation.md does every step by hand, in a clean virtual environment.

FROM python:3.13-slim AS packages
WORKDIR /build
COPY requirements.bot.lock ./
RUN python -m venv --without-pip /opt/confab \
    && python -m pip --python /opt/confab/bin/python install --quiet --no-cache-dir \
        --no-deps --only-binary :all: --require-hashes -r requirements.bot.lock

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin confab
COPY --from=packages /opt/confab /opt/confab
WORKDIR /app
COPY LICENSE manifest.yml ./
COPY bot ./bot
COPY handlers ./handlers
COPY store ./store
RUN /opt/confab/bin/python -m compileall -q bot handlers store
ENV PATH=/opt/confab/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER confab
EXPOSE 3000
# CONFAB_DRAIN is 25 s; docker stop's own 10 s would cut it short.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:3000/healthz', timeout=2)"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["serve"]
