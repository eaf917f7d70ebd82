FROM python:3.13-slim AS libraries
COPY requirements.lock .
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

FROM python:3.13-slim
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nuanling --shell /usr/sbin/nologin nuanling \
    && install -d -o nuanling -g nuanling /nuanling/data
WORKDIR /nuanling
COPY --from=libraries /venv /venv
COPY . .

# Everything but /nuanling/data may be read-only. The two web keys outrank config.toml, so that the health check finds the door.
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    NUANLING_WEB__HOST=0.0.0.0 \
    NUANLING_WEB__PORT=8080
USER nuanling
VOLUME /nuanling/data
EXPOSE 8080

HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
CMD ["python", "-m", "bot", "run"]
