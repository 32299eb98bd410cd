"""What a flow must hold beyond its shape, so that no caller is ever lost in it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from callcenter.ivr.flow import RESERVED, Flow, Menu, Place, Queue, SetLanguage, give_up, prompts_of, targets

HasPrompt = Callable[[str, str], bool]  # language, name


@dataclass(frozen=True)
class Fault:
    """A code of the catalogue (`flow_...`), where it is, and what the words need."""

    code: str
    place: Place
    params: dict[str, object] = field(default_factory=dict)


def faults(flow: Flow, has_prompt: HasPrompt) -> list[Fault]:
    """Everything wrong with a flow of right shape. Where targets are unknown, roads are not followed further."""
    found = [*_names(flow), *_languages(flow), *_prompts(flow, has_prompt)]
    unknown = list(_unknown_targets(flow))
    return [*unknown, *found] if unknown else [*_fallback(flow), *_unreachable(flow), *_dead_ends(flow), *found]


def _names(flow: Flow) -> Iterator[Fault]:
    for name in flow.nodes:
        if name in RESERVED:
            yield Fault("flow_reserved_name", ("nodes", name), {"name": name})


def _unknown_targets(flow: Flow) -> Iterator[Fault]:
    named: list[tuple[Place, str]] = [(("start",), flow.start), (("fallback",), flow.fallback)]
    for name in flow.nodes:
        named += targets(flow, name)
    for place, target in named:
        allowed = RESERVED if "keys" in place else ()
        if target not in flow.nodes and target not in allowed:
            yield Fault("flow_unknown_target", place, {"target": target, "nodes": ", ".join(flow.nodes)})


def _fallback(flow: Flow) -> Iterator[Fault]:
    if not isinstance(flow.nodes[flow.fallback], Queue):
        yield Fault("flow_fallback_no_queue", ("fallback",), {"target": flow.fallback})


def _unreachable(flow: Flow) -> Iterator[Fault]:
    seen: set[str] = set()
    ahead = [flow.start, flow.fallback]
    while ahead:
        name = ahead.pop()
        if name not in seen and name in flow.nodes:
            seen.add(name)
            ahead += [target for _, target in targets(flow, name)]
    for name in flow.nodes:
        if name not in seen:
            yield Fault("flow_unreachable", ("nodes", name))


def _dead_ends(flow: Flow) -> Iterator[Fault]:
    """A caller who presses nothing must come to an end: the roads taken without a key hold no circle."""
    try:
        TopologicalSorter({name: _without_key(flow, name) for name in flow.nodes}).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        # The sorter follows roads backwards.
        yield Fault("flow_dead_end", ("nodes", circle[0]), {"circle": " → ".join(reversed(circle))})


def _without_key(flow: Flow, name: str) -> list[str]:
    node = flow.nodes[name]
    if isinstance(node, Menu):
        return [give_up(flow, node)]
    return [target for _, target in targets(flow, name)]


def _languages(flow: Flow) -> Iterator[Fault]:
    for name, node in flow.nodes.items():
        if isinstance(node, SetLanguage) and node.language not in flow.languages:
            known = ", ".join(flow.languages)
            place = ("nodes", name, "language")
            yield Fault("flow_unknown_language", place, {"language": node.language, "languages": known})


def _prompts(flow: Flow, has_prompt: HasPrompt) -> Iterator[Fault]:
    named: list[tuple[Place, str]] = []
    if any(isinstance(node, Menu) for node in flow.nodes.values()):
        named += [(("invalid",), flow.invalid), (("timeout",), flow.timeout)]
    for name in flow.nodes:
        named += prompts_of(flow, name)
    for place, prompt in named:
        for language in flow.languages:
            if not has_prompt(language, prompt):
                yield Fault("flow_prompt_missing", place, {"prompt": prompt, "language": language})
