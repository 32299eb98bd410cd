"""What a menu does next, as values: no clock, no wire, no file. The flow handed in has passed `soundness.faults`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from callcenter.ivr.flow import BACK, REPEAT, Flow, Hangup, Hours, Menu, Queue, Say, SetLanguage, give_up
from callcenter.ivr.hours import is_open


@dataclass(frozen=True)
class Play:
    """Prompts by name, in a language; keys are not heard."""

    prompts: tuple[str, ...]
    language: str


@dataclass(frozen=True)
class Gather:
    """Prompts that a key interrupts, then silence for `timeout_s`. The answer goes into `step`."""

    prompts: tuple[str, ...]
    language: str
    timeout_s: float
    max_digits: int = 1


@dataclass(frozen=True)
class ChangeLanguage:
    """Sounds that others play to this caller (music, queue announcements) change language too."""

    language: str


@dataclass(frozen=True)
class SetVariables:
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Enqueue:
    """The end: the caller joins this queue."""

    queue: str


@dataclass(frozen=True)
class HangUp:
    """The end: the call is over."""


Action = Play | Gather | ChangeLanguage | SetVariables | Enqueue | HangUp


@dataclass(frozen=True)
class Context:
    """What is known before the first word. `now` is aware."""

    now: datetime


@dataclass(frozen=True)
class State:
    """Where a caller is. `trail`: the menus he went through, this one last. `heard`: introductions, by language."""

    now: datetime
    language: str
    node: str = ""
    trail: tuple[str, ...] = ()
    heard: frozenset[tuple[str, str]] = frozenset()
    failures: int = 0
    steps: int = 0
    ended: bool = False


@dataclass(frozen=True)
class Step:
    """The actions end with a Gather, or with Enqueue or HangUp and `state.ended`."""

    state: State
    actions: tuple[Action, ...]


def start(flow: Flow, context: Context) -> Step:
    """The first step of a call."""
    language = flow.languages[0]
    return _go(flow, State(context.now, language), flow.start, (ChangeLanguage(language),))


def step(flow: Flow, state: State, keys: str) -> Step:
    """The answer to a Gather: the keys pressed, "" for none in time."""
    menu = flow.nodes[state.node]
    if state.ended or not isinstance(menu, Menu):
        raise ValueError(f"{state.node} waits for no key")
    state = replace(state, steps=state.steps + 1)
    if state.steps >= flow.max_steps:
        return _go(flow, state, flow.fallback)
    target = menu.keys.get(keys)
    if target is None:
        return _failed(flow, state, menu, flow.invalid if keys else flow.timeout)
    if target == BACK and len(state.trail) > 1:
        return _go(flow, state, state.trail[-2])
    if target in (BACK, REPEAT):
        return Step(state, (_ask(state, menu, menu.prompts),))
    return _go(flow, state, target)


def _failed(flow: Flow, state: State, menu: Menu, prompt: str) -> Step:
    state = replace(state, failures=state.failures + 1)
    if state.failures >= menu.tries:
        return _go(flow, state, give_up(flow, menu))
    return Step(state, (_ask(state, menu, (prompt, *menu.prompts)),))


def _go(flow: Flow, state: State, name: str, actions: tuple[Action, ...] = ()) -> Step:
    """From node to node until one waits for a key or ends the call."""
    match node := flow.nodes[name]:
        case Menu():
            return _enter(state, name, node, actions)
        case Queue():
            return _enqueue(state, name, node, actions)
        case Hangup():
            ended = replace(state, node=name, ended=True)
            return Step(ended, (*actions, *_play(state, node.prompts), _variables(state, "", ""), HangUp()))
        case Say():
            return _go(flow, state, node.next, (*actions, *_play(state, node.prompts)))
        case SetLanguage():
            changed = replace(state, language=node.language)
            return _go(flow, changed, node.next, (*actions, ChangeLanguage(node.language)))
        case Hours():
            open_now = is_open(node.week, node.closed_on, node.timezone, state.now)
            return _go(flow, state, node.open if open_now else node.closed, actions)


def _enter(state: State, name: str, menu: Menu, actions: tuple[Action, ...]) -> Step:
    trail = state.trail
    # Coming back to a menu forgets what lay beyond it.
    trail = trail[: trail.index(name) + 1] if name in trail else (*trail, name)
    known = (state.language, name)
    intro = () if known in state.heard else menu.intro
    entered = replace(state, node=name, trail=trail, heard=state.heard | {known}, failures=0)
    # Told at once, so that a caller who leaves here is known to have left here.
    where = SetVariables({"CC_LANG": state.language, "CC_MENU_PATH": "/".join(trail)})
    return Step(entered, (*actions, where, _ask(entered, menu, (*intro, *menu.prompts))))


def _enqueue(state: State, name: str, node: Queue, actions: tuple[Action, ...]) -> Step:
    ended = replace(state, node=name, trail=(*state.trail, name), ended=True)
    said = _play(state, node.prompts)
    return Step(ended, (*actions, *said, _variables(ended, node.queue, node.matter), Enqueue(node.queue)))


def _variables(state: State, queue: str, matter: str) -> SetVariables:
    path = "/".join(state.trail)
    return SetVariables({"CC_LANG": state.language, "CC_MENU_PATH": path, "CC_KIND": matter, "CC_QUEUE": queue})


def _ask(state: State, menu: Menu, prompts: tuple[str, ...]) -> Gather:
    return Gather(prompts, state.language, menu.timeout_s)


def _play(state: State, prompts: tuple[str, ...]) -> tuple[Play, ...]:
    return (Play(prompts, state.language),) if prompts else ()
