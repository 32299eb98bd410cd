"""A call on paper: which prompts a caller hears for the keys he presses, and where he ends. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from callcenter.ivr.engine import (
    Action,
    ChangeLanguage,
    Context,
    Enqueue,
    Gather,
    Play,
    SetVariables,
    State,
    start,
    step,
)
from callcenter.ivr.fakes import SILENCE
from callcenter.ivr.flow import Flow
from callcenter.ivr.prompts import PromptLibrary


@dataclass(frozen=True)
class Pressed:
    """What the caller did at a question; "" is silence."""

    key: str


@dataclass(frozen=True)
class Walk:
    """A whole call: what happened in order, and the last state."""

    happened: tuple[Action | Pressed, ...]
    end: State

    @property
    def outcome(self) -> str:
        """`<queue> <matter> <language> <path>`, or `hangup`."""
        variables: dict[str, str] = {}
        for action in self.happened:
            if isinstance(action, SetVariables):
                variables |= action.variables
        if not any(isinstance(action, Enqueue) for action in self.happened):
            return "hangup"
        return " ".join(variables[name] for name in ("CC_QUEUE", "CC_KIND", "CC_LANG", "CC_MENU_PATH"))

    @property
    def heard(self) -> list[str]:
        """Prompts by name, and `>en` where the language changes."""
        words: list[str] = []
        for action in self.happened:
            if isinstance(action, Play | Gather):
                words += action.prompts
            elif isinstance(action, ChangeLanguage):
                words.append(f">{action.language}")
        return words


def walk(flow: Flow, keys: Sequence[str], now: datetime) -> Walk:
    """Press these keys one by one, then nothing any more, until the call leaves the menu."""
    current = start(flow, Context(now))
    happened: list[Action | Pressed] = list(current.actions)
    ahead = iter(keys)
    while not current.state.ended:
        key = next(ahead, SILENCE)
        pressed = Pressed("" if key == SILENCE else key)
        current = step(flow, current.state, pressed.key)
        happened += [pressed, *current.actions]
    return Walk(tuple(happened), current.state)


def tell(walked: Walk, prompts: PromptLibrary) -> Iterator[str]:
    """The call in lines to be read: what is said, what is pressed, where it ends."""
    for action in walked.happened:
        match action:
            case Play() | Gather():
                for name in action.prompts:
                    yield f"  {action.language}  {name:<22} {prompts.text(action.language, name)}"
                if isinstance(action, Gather):
                    yield f"      ... {action.timeout_s:g} s"
            case Pressed():
                yield f"  >>  {action.key or '(nothing)'}"
            case _:
                pass
    yield f"  =>  {walked.outcome}"
