"""Findings, to be read by people or by programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from callcenter.doctor.finding import Finding, State
from callcenter.errors import Problem
from callcenter.words import explain

_COLOURS: dict[State, str] = {"ok": "32", "warning": "33", "error": "31", "skipped": "90"}
# What is named elsewhere in the same report.
_FOLLOWS = ("doctor_needs", "doctor_no_settings")
_STATE_WIDTH = max(map(len, _COLOURS))


def sound(findings: Sequence[Finding]) -> bool:
    """Whether nothing must be mended."""
    return not any(finding.state == "error" for finding in findings)


def as_json(findings: Sequence[Finding], language: str) -> str:
    """`{"ok": bool, "findings": [{check, state, code, title, remedy, params}]}`."""
    rows = [
        {
            "check": finding.check,
            "state": finding.state,
            "code": finding.code,
            **finding.words(language)._asdict(),
            "params": finding.params,
        }
        for finding in findings
    ]
    return json.dumps({"ok": sound(findings), "findings": rows}, ensure_ascii=False, indent=1, default=str)


def lines(findings: Sequence[Finding], language: str, *, colours: bool) -> Iterator[str]:
    """A row for each finding, below it the remedy where there is something to do; then how many of each kind."""
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        words = finding.words(language)
        state = f"{finding.state:<{_STATE_WIDTH}}"
        shown = f"\x1b[{_COLOURS[finding.state]}m{state}\x1b[0m" if colours else state
        yield f"{shown}  {finding.check:<{width}}  {words.title}"
        if finding.state != "ok" and finding.code not in _FOLLOWS:
            yield " " * (_STATE_WIDTH + width + 4) + words.remedy
    counts = Counter(finding.state for finding in findings)
    code = "doctor_summary_good" if sound(findings) else "doctor_summary_bad"
    summary = explain(Problem.of(code, None, {state: counts[state] for state in _COLOURS}), language)
    yield f"\n{summary.title} {summary.remedy}"
