"""What a check found. Codes and parameters; the words live in `callcenter/words/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from callcenter.errors import Problem
from callcenter.words import Words, explain

State = Literal["ok", "warning", "error", "skipped"]


@dataclass(frozen=True)
class Finding:
    """One thing that is in order (`ok`), questionable, wrong, or could not be looked at (`skipped`)."""

    check: str
    state: State
    code: str
    params: Mapping[str, object] = field(default_factory=dict)

    def words(self, language: str) -> Words:
        """Title and remedy."""
        return explain(Problem.of(self.code, None, dict(self.params)), language)


def ok(check: str, code: str, /, **params: object) -> Finding:
    return Finding(check, "ok", code, params)


def warning(check: str, code: str, /, **params: object) -> Finding:
    return Finding(check, "warning", code, params)


def error(check: str, code: str, /, **params: object) -> Finding:
    return Finding(check, "error", code, params)


def skipped(check: str, code: str, /, **params: object) -> Finding:
    return Finding(check, "skipped", code, params)


def of_problem(check: str, problem: Problem, state: State = "error") -> Finding:
    """A `Problem` that a part of the service raised, as a finding."""
    named = {"field": problem.field} if problem.field else {}
    return Finding(check, state, problem.code, {**named, **problem.params})
