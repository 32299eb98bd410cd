"""The flows in use: read again when their file changes; a broken one never replaces a good one."""

from __future__ import annotations

import re
from pathlib import Path

import structlog

from callcenter.errors import Problem
from callcenter.ivr.flow import Flow
from callcenter.ivr.reading import read_flow
from callcenter.ivr.soundness import HasPrompt

_log = structlog.get_logger(__name__)

Stamp = tuple[int, int]  # time of change, size


class FlowShelf:
    """Flows by name, each `<folder>/<name>.yaml`."""

    def __init__(self, folder: Path, has_prompt: HasPrompt) -> None:
        self._folder = folder
        self._has_prompt = has_prompt
        self._good: dict[str, tuple[Stamp, Flow]] = {}
        self._told: dict[str, str] = {}

    def names(self) -> list[str]:
        return sorted(path.stem for path in self._folder.glob("*.yaml"))

    def path(self, name: str) -> Path:
        """File of a flow. The name may come off the wire, so it must be a plain one that is there."""
        path = self._folder / f"{name}.yaml"
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or not path.is_file():
            raise Problem("flow_unknown", status=404, field=name, name=name, flows=", ".join(self.names()))
        return path

    def get(self, name: str) -> Flow:
        """The flow as the file says now; the last good one while the file is broken, which is logged once.

        Raises Problem when it never was good.
        """
        try:
            path = self.path(name)
            stamp = _stamp(path)
            if name not in self._good or self._good[name][0] != stamp:
                self._take(name, stamp, read_flow(path, self._has_prompt))
        except Problem as problem:
            if name not in self._good:
                raise
            self._tell_broken(name, problem)
        return self._good[name][1]

    def problems(self) -> list[Problem]:
        """Read every flow now; the Problems of those that cannot be used."""
        found = []
        for name in self.names():
            try:
                self.get(name)
            except Problem as problem:
                found.append(problem)
        return found

    def _take(self, name: str, stamp: Stamp, flow: Flow) -> None:
        if name in self._good:
            _log.info("flow_reloaded", flow=name)
        self._told.pop(name, None)
        self._good[name] = (stamp, flow)

    def _tell_broken(self, name: str, problem: Problem) -> None:
        message = str(problem)
        if self._told.get(name) != message:
            self._told[name] = message
            _log.error("flow_broken_last_good_kept", flow=name, code=problem.code, **problem.params)


def _stamp(path: Path) -> Stamp:
    status = path.stat()
    return status.st_mtime_ns, status.st_size
