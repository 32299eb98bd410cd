"""What other people may write: their hooks as the file of a distribution, which does what the messages ask for."""

from __future__ import annotations

from pathlib import Path

LISTENERS = """
import os, sys, time, json
from asterisk.ami import EventListener

print("a listener is loaded, +8613800138000")
OUT = os.environ["HOOK_OUT"]


def note(line):
    with open(OUT, "a") as file:
        file.write(line + "\\n")


class Recorder(EventListener):
    def on_Newchannel(self, event, source, **_):
        note(f"{source} {event.name} {event['Uniqueid']} {event['CallerIDName']}")

    def on_UserEvent(self, event, **_):
        what = event["UserEvent"]
        note(f"{os.getpid()} {what}")
        if what == "raise":
            raise RuntimeError("of the hook's own making")
        if what == "exit":
            sys.exit(3)
        if what == "crash":
            os._exit(3)
        while what == "hang":
            time.sleep(3600)
        while what == "spin":
            pass
        held = []
        while what == "grow":
            held.append(bytearray(os.urandom(1 << 20)))


recorder = Recorder()
"""

EVENT_HOOKS = '''
import asyncio, os, signal

OUT = os.environ["HOOK_OUT"]


def note(line):
    with open(OUT, "a") as file:
        file.write(line + "\\n")


def plain(event):
    note(f"{event.type} {event.call_id}")


class Waiting:
    """Kept between events, and asynchronous."""

    def __init__(self):
        self.count = 0

    async def __call__(self, event):
        await asyncio.sleep(0)
        self.count += 1
        note(f"{self.count} {event.type}")


def dies_once(event):
    note(f"{event.call_id}")
    if event.call_id == "call-2" and not os.path.exists(OUT + ".died"):
        open(OUT + ".died", "w").close()
        os.kill(os.getpid(), signal.SIGKILL)


def poisoned(event):
    note(f"{event.call_id}")
    if event.call_id == "call-2":
        raise RuntimeError("cannot stand this one")


def never(event):
    raise AssertionError("nobody asked for it")
'''


def install(folder: Path, **hooks: str) -> None:
    """A distribution in a folder: `listener="foreign_listeners:recorder"`, named by the group of its kind."""
    folder.mkdir()
    (folder / "foreign_listeners.py").write_text(LISTENERS)
    (folder / "foreign_events.py").write_text(EVENT_HOOKS)
    info = folder / "foreign_hooks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign-hooks\nVersion: 1.0\n")
    groups: dict[str, list[str]] = {"callcenter.ami_listeners": [], "callcenter.event_hooks": []}
    for name, target in hooks.items():
        group = "callcenter.event_hooks" if target.startswith("foreign_events") else "callcenter.ami_listeners"
        groups[group].append(f"{name} = {target}")
    text = "\n".join(line for group, lines in groups.items() if lines for line in (f"[{group}]", *lines))
    (info / "entry_points.txt").write_text(text + "\n")
