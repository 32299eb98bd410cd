"""Every metric of the service, for Prometheus. Each is set where the thing happens; a process shows those it sets.

Labels have few values: never an id, a number or a name of a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

# A second series per counter, which says no more than when the process began.
disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = CollectorRegistry(auto_describe=True)
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

_QUICK = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5, 10)
_TALK = (1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300)


def _counter(name: str, what: str, *labels: str) -> Counter:
    return Counter(f"callcenter_{name}", what, labels, registry=REGISTRY)


def _results(name: str, what: str, *results: str) -> Counter:
    """Shown from the start: an alarm that asks for an increase does not see a series come into being at 1."""
    counter = _counter(name, f"{what}: {', '.join(results)}", "result")
    for result in results:
        counter.labels(result)
    return counter


def _gauge(name: str, what: str, *labels: str) -> Gauge:
    return Gauge(f"callcenter_{name}", what, labels, registry=REGISTRY)


def _seconds(name: str, what: str, *labels: str, buckets: tuple[float, ...] = _QUICK) -> Histogram:
    return Histogram(f"callcenter_{name}_seconds", what, labels, registry=REGISTRY, buckets=buckets)


# Every process.
BUILD = Info("callcenter_build", "Version, kind of process, Python", registry=REGISTRY)
CHECK_UP = _gauge("check_up", "Whether a part that this process needs answers: database, redis, asterisk...", "check")

# Web.
HTTP_REQUESTS = _counter("http_requests_total", "Requests answered", "method", "route", "status")
HTTP_SECONDS = _seconds("http_request_duration", "Until the answer was ready; sockets left out", "method", "route")

# Desks.
DESK_SOCKETS = _gauge("desk_sockets", "Desks connected to this process")
DESK_MESSAGES = _counter("desk_messages_total", "Messages handed to desks")
DESKS_SENT_AWAY = _counter("desks_sent_away_total", "Desks told to connect again because they fell behind")
POPS_OPENED = _counter("pops_opened_total", "Screen pops opened")
POP_DELAY = _seconds("pop_delay", "From the ringing to the pop being handed to the desk")

# Telephony link (process ami).
AMI_CONNECTED = _gauge("ami_connected", "1 while logged in to the server's manager interface", "server")
AMI_MESSAGES = _counter("ami_messages_total", "Messages from Asterisk by event; the rest as `other`", "event")
AMI_RATE = _gauge("ami_messages_per_second", "Messages from Asterisk, over the last half second with any")
AMI_BUFFERED = _gauge("ami_buffered", "Messages that were read and wait for the ledger")
AMI_SPILLED = _counter("ami_spilled_total", "Messages that waited on the disk, because the ledger was slow")
AMI_DROPPED = _counter("ami_dropped_total", "Messages that found no room to wait: a gap in the ledger")
AMI_BYTES = _counter("ami_bytes_total", "Bytes from Asterisk")
AMI_RECONNECTS = _counter("ami_reconnects_total", "Times the connection to Asterisk was restored")
AMI_LAG = _seconds("ami_lag", "From Asterisk's own time stamp to the message being read; two clocks")

# Ledger of calls (process ami).
LEDGER_LEADING = _gauge("ledger_leading", "1 while this process writes the ledger")
LEDGER_WRITES = _counter("ledger_writes_total", "Transactions of the ledger")
LEDGER_EVENTS = _counter("ledger_events_total", "Events written by the ledger")
LEDGER_SECONDS = _seconds("ledger_write_duration", "One transaction of the ledger")
LEDGER_GAPS = _counter("ledger_gaps_total", "Times in which a server was not heard", "server", "why")
LEDGER_LATE = _counter("ledger_late_total", "Times events came late, and each time later ones came", "server")
OPEN_CALLS = _gauge("open_calls", "Calls that are alive, as the ledger knows")

# Journal.
JOURNAL_HEAD = _gauge("journal_head_seq", "Place of the newest event this process has seen")
JOURNAL_POSITION = _gauge("journal_position_seq", "Place up to which a durable subscriber has read", "subscriber")
JOURNAL_BEHIND = _gauge("journal_events_behind", "Events a durable subscriber has yet to take, at least", "subscriber")
JOURNAL_FAILURES = _counter("journal_failures_total", "Events that a subscriber failed to take", "subscriber")
LIVE_LAG = _seconds("live_lag", "From an event's time to the live subscribers having it")

# What the processes stand on.
REDIS_LOST = _counter("redis_lost_total", "Times the link to Redis was lost")
DATABASE_CONNECTIONS = _gauge("database_connections_in_use", "Database connections in use")
DATABASE_FAILURES = _counter("database_failures_total", "Statements that failed because the database did not answer")

# Menu server (process agi).
AGI_RUNNING = _gauge("agi_sessions_running", "Callers in the menu")
AGI_SESSIONS = _results("agi_sessions_total", "Menu sessions", "done", "hangup", "failed", "stopped", "no_greeting")
AGI_SECONDS = _seconds("agi_session_duration", "Time in the menu", buckets=_TALK)

# Jobs and what they do (process worker).
JOBS_STARTED = _counter("jobs_started_total", "Jobs begun or taken up again", "job")
JOBS_FINISHED = _counter("jobs_finished_total", "Jobs that ended well", "job")
JOBS_FAILED = _counter("jobs_failed_total", "Jobs that ended in an error", "job")
JOBS_RUNNING = _gauge("jobs_running", "Jobs under way, also those that wait for a next try", "job")
RECORDINGS = _results(
    "recordings_total", "Recordings; repaired ones are collected too", "collected", "repaired", "lost"
)
TRANSCRIPTS = _results("transcripts_total", "Transcripts", "done", "failed")
TRANSCRIBED_SECONDS = _counter("transcribed_sound_seconds_total", "Length of the recordings written down")
TRANSCRIBING_SECONDS = _counter("transcribing_seconds_total", "Time spent on writing down, waiting for an engine too")
CRM_TICKETS = _results("crm_tickets_total", "Attempts to send a ticket", "sent", "deferred", "failed")

# Webhooks (process worker) and other people's code (processes ami and worker).
WEBHOOKS = _results("webhook_attempts_total", "Attempts to deliver an event", "delivered", "deferred", "failed")
WEBHOOK_SECONDS = _seconds("webhook_attempt_duration", "One attempt to deliver an event")
WEBHOOKS_WAITING = _gauge("webhooks_waiting", "Deliveries that wait for their next try")
HOOK_RUNNING = _gauge("hook_running", "1 while the process of a hook runs", "hook")
HOOK_RESTARTS = _counter("hook_restarts_total", "Times the process of a hook ended or was ended", "hook", "reason")
HOOK_DROPPED = _counter("hook_dropped_total", "Messages that a hook did not get", "hook")
HOOK_TAKEN = _counter("hook_taken_total", "Messages and events that a hook took: done, failed", "hook", "result")

# Floor.
AGENTS = _gauge("agents", "Agents by presence", "state")
CALLERS_WAITING = _gauge("callers_waiting", "Callers who wait, by queue", "queue")


def show(gauge: Gauge, counts: Mapping[str, int]) -> None:
    """Have a gauge of one label show these values and no others."""
    gauge.clear()
    for label, count in counts.items():
        gauge.labels(label).set(count)


def age_s(at: datetime) -> float:
    """Seconds since a moment; never less than none, whatever the clocks say."""
    return max(0.0, (datetime.now(UTC) - at).total_seconds())


@contextmanager
def job(name: str) -> Iterator[None]:
    """Count a job while it runs. One that is cancelled, because the process ends, has neither finished nor failed."""
    failed, finished = JOBS_FAILED.labels(name), JOBS_FINISHED.labels(name)
    JOBS_STARTED.labels(name).inc()
    with JOBS_RUNNING.labels(name).track_inprogress():
        try:
            yield
        except Exception:
            failed.inc()
            raise
    finished.inc()
