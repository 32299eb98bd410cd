"""Flow tests: tables beside the flows, one call a line (`ivr_flows/tests/*.yaml`). Pure but for reading the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from callcenter.errors import Problem
from callcenter.ivr.flow import Flow
from callcenter.ivr.simulator import Walk, walk

ANYTHING = "..."
_COLUMNS = ["at", "keys", "hears", "ends"]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    flow: str
    timezone: str
    calls: str


@dataclass(frozen=True)
class Trial:
    """One line of a table: a call, what must be heard, how it must end."""

    file: str
    flow: str
    at: datetime
    keys: tuple[str, ...]
    hears: tuple[str, ...]
    ends: str

    def __str__(self) -> str:
        return f"{Path(self.file).name}: {self.at:%Y-%m-%d %H:%M} keys {' '.join(self.keys)}"


def read_trials(path: Path) -> list[Trial]:
    """The calls of a file, or a Problem naming the row that cannot be read."""
    try:
        file = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        zone = ZoneInfo(file.timezone)
    except (OSError, yaml.YAMLError, ValidationError, KeyError, ValueError) as error:
        raise Problem("flow_trials_unreadable", field=path.name, file=str(path), reason=str(error)) from error
    heading, *rows = [_cells(line) for line in file.calls.splitlines() if line.strip()]
    if heading != _COLUMNS:
        raise _bad_row(path, " | ".join(heading))
    return [_trial(path, file.flow, zone, row) for row in rows]


def run_trial(trial: Trial, flow: Flow) -> str | None:
    """None when the call went as written; otherwise what was different."""
    walked = walk(flow, trial.keys, trial.at)
    if not fits(trial.hears, walked.heard):
        return f"heard: {' '.join(walked.heard)}"
    if walked.outcome != trial.ends:
        return f"ended: {walked.outcome}"
    return _surplus(trial, walked)


def fits(expected: Sequence[str], heard: Sequence[str]) -> bool:
    """Whether the words match in order, `...` standing for any number of them."""
    if not expected:
        return not heard
    if expected[0] == ANYTHING:
        return any(fits(expected[1:], heard[skip:]) for skip in range(len(heard) + 1))
    return bool(heard) and heard[0] == expected[0] and fits(expected[1:], heard[1:])


def _surplus(trial: Trial, walked: Walk) -> str | None:
    """Keys that the call never asked for are a mistake in the table."""
    left = len(trial.keys) - walked.end.steps
    return f"ended before the last {left} keys" if left > 0 else None


def _trial(path: Path, flow: str, zone: ZoneInfo, row: list[str]) -> Trial:
    if len(row) != len(_COLUMNS):
        raise _bad_row(path, " | ".join(row))
    at, keys, hears, ends = row
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise _bad_row(path, " | ".join(row)) from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return Trial(str(path), flow, moment, tuple(keys.split()), tuple(hears.split()), ends)


def _bad_row(path: Path, row: str) -> Problem:
    return Problem("flow_trials_row", field=path.name, file=str(path), row=row, columns=" | ".join(_COLUMNS))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]
