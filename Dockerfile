ARG BASE_IMAGE=python:3.13-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /build
# Small: without the extra `draft`, which is for an editor's checkout; without pip, as nothing is installed into a
# running container; and of Babel's 1,100 locales, those of the interface's languages (30 MB less).
COPY requirements.txt ./
RUN python3 -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt \
 && /opt/venv/bin/pip uninstall --yes pip \
 && find /opt/venv -regextype posix-extended -path '*/babel/locale-data/*.dat' \
      ! -regex '.*/(root|en|ru|kk)(_[^/]*)?\.dat' -delete

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="digest-bot" \
      org.opencontainers.image.description="A Telegram bot that delivers digests of articles" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="0.1.0"
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONTZPATH="" \
    PTB_TIMEDELTA=true \
    BOT_CONTENT__PATH=/app/content \
    BOT_STORAGE__URL=sqlite:////data/bot.db \
    BOT_WEB__PORT=8081 \
    BOT_LOG__FORMAT=json
RUN groupadd --gid 10001 bot \
 && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin bot \
 && mkdir -m 700 /data \
 && chown 10001:10001 /data
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY bot bot
COPY content content
RUN python3 -m compileall -q bot
USER 10001:10001
VOLUME /data
# Truthful: 503 when nothing was received for two minutes, a digest is overdue, or the disk takes no write.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8081/healthz', timeout=4)"]
CMD ["python3", "-m", "bot", "run"]
