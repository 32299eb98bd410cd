"""From a file in `ivr_flows/` to a checked Flow; what is wrong names file, line, node and field."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from callcenter.errors import Problem
from callcenter.ivr.flow import Flow, Place
from callcenter.ivr.soundness import HasPrompt, faults
from callcenter.ivr.yaml_lines import Document, read


def read_flow(path: Path, has_prompt: HasPrompt) -> Flow:
    """The flow, or the first Problem with it; its parameter `more` counts the others."""
    flow, problems = examine(path, has_prompt)
    if flow is None or problems:
        problems[0].params["more"] = len(problems) - 1
        raise problems[0]
    return flow


def examine(path: Path, has_prompt: HasPrompt) -> tuple[Flow | None, list[Problem]]:
    """The flow if its shape is right, and every Problem found. A flow with problems must not meet a caller."""
    try:
        document = read(path.read_text(encoding="utf-8"), str(path))
        flow = Flow.model_validate(document.data)
    except (OSError, UnicodeDecodeError) as error:
        return None, [Problem("flow_file_missing", status=404, field=path.stem, file=str(path), reason=str(error))]
    except Problem as problem:
        return None, [problem]
    except ValidationError as error:
        return None, [_misshapen(path, document, details) for details in error.errors()]
    found = faults(flow, has_prompt)
    return flow, [_problem(fault.code, path, document, fault.place, fault.params) for fault in found]


def _misshapen(path: Path, document: Document, details: ErrorDetails) -> Problem:
    place = tuple(str(part) for part in details["loc"] if part != "[key]")
    if place[:1] == ("nodes",) and len(place) > 2:
        place = (*place[:2], *place[3:])  # the third part is the node's kind, which is no place in the file
    code = "flow_bad_hours" if details["type"] == "bad_hours" else "flow_field"
    return _problem(code, path, document, place, {"reason": details["msg"]})


def _problem(code: str, path: Path, document: Document, place: Place, params: dict[str, object]) -> Problem:
    inside = place[:1] == ("nodes",) and len(place) > 1
    return Problem(
        code,
        status=422,
        field=".".join(place),
        file=str(path),
        line=document.line(place),
        node=place[1] if inside else "",
        **params,
    )
