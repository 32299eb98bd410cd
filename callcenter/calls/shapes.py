"""Shapes of the API."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from callcenter.calls.service import Disposition
from callcenter.web.text import SEVERAL_LINES


class DispositionChoice(BaseModel):
    """How the agent sums up a call."""

    code: Disposition
    note: str = ""


class NoteText(BaseModel):
    """What the agent has written so far."""

    model_config = ConfigDict(extra="forbid")
    note: Annotated[str, SEVERAL_LINES]


class PeaksView(BaseModel):
    """The outline of both sides: the loudest sample of each interval, 0 to 100. The agent's side holds all that the
    caller heard."""

    caller: list[int]
    agent: list[int]
    per_second: int


class WordView(BaseModel):
    """A word. Times are seconds from the start of the recording, confidence is 0 to 1."""

    start_s: float
    end_s: float
    text: str
    confidence: float


class UtteranceView(BaseModel):
    """Speech of one side without a long pause."""

    model_config = ConfigDict(from_attributes=True)

    side: Literal["caller", "agent"]
    agent_extension: str | None
    start_s: float
    end_s: float
    text: str
    confidence: float
    words: list[WordView]


class TranscriptError(BaseModel):
    """Why there are no words, and what to do about it."""

    code: str
    title: str
    remedy: str


class TranscriptView(BaseModel):
    """What was said, as far as it is known."""

    state: Literal["waiting", "running", "done", "failed"]
    language: str | None
    engine: str | None
    error: TranscriptError | None
    utterances: list[UtteranceView]


class GapView(BaseModel):
    """A time in which an Asterisk server was not heard, or heard late.

    `why`: the link was lost, this process had not begun (or another had led), Asterisk began anew, more came than could
    be kept, or events came `late`. `to` is null while it lasts. `closed_by` Asterisk's files, or by what it showed
    alone (`snapshot`); `removed`: not at all, and the server is no longer set up; null: not closed. `found` calls
    began unheard, `ended` ended unheard; `calls` may lack anything; of `holds` more calls only
    holds may be missing, which no file tells of.
    """

    id: str
    server: str
    why: Literal["link", "process", "restart", "buffer", "late"]
    since: AwareDatetime
    to: AwareDatetime | None
    closed_by: Literal["files", "snapshot", "removed"] | None
    found: int
    ended: int
    holds: int
    calls: list[str]
    lag_s: float | None
