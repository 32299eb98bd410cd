"""`callcenter ivr check | test | simulate | prompts make`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from callcenter.clock import utc_now
from callcenter.config import Settings, load
from callcenter.errors import Problem
from callcenter.ivr.acted import ACTED_DIR, read_acted
from callcenter.ivr.prompts import read_texts
from callcenter.ivr.reading import examine
from callcenter.ivr.service import build, open_prompts
from callcenter.ivr.simulator import tell, walk
from callcenter.ivr.sounds import Sound, make, outdated
from callcenter.ivr.trials import read_trials, run_trial
from callcenter.words import explain, terminal_language


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `ivr`; every command sets `run`, which takes the arguments and returns the exit status."""
    ivr = subparsers.add_parser("ivr", help="voice menus: check, test, simulate, make prompts")
    commands = ivr.add_subparsers(required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="read every flow and say what is wrong, by file and line")
    check.add_argument("flows", nargs="*", metavar="FLOW", help="names; all when none is given")
    check.set_defaults(run=_check)

    test = commands.add_parser("test", help="run the tables in ivr_flows/tests")
    test.set_defaults(run=_test)

    simulate = commands.add_parser("simulate", help="print what a caller hears")
    simulate.add_argument("flow")
    simulate.add_argument("--keys", default="", help="pressed one at each question, as 9,1; - is silence")
    simulate.add_argument("--at", type=datetime.fromisoformat, help="2026-11-22T03:00, the firm's time; default now")
    simulate.set_defaults(run=_simulate)

    prompts = commands.add_parser("prompts", help="the sounds of the menus").add_subparsers(
        required=True, metavar="COMMAND"
    )
    speak = prompts.add_parser("make", help="speak what changed since last time")
    speak.add_argument("--only", action="append", metavar="NAME", help="this prompt; may be given again")
    speak.add_argument("--acted", action="store_true", help="the acted calls of tests and demo instead")
    speak.set_defaults(run=_make)


def _check(arguments: argparse.Namespace) -> int:
    settings = load().ivr
    shelf, has_prompt = build(settings).flows, open_prompts(settings).has
    wrong = 0
    for name in arguments.flows or shelf.names():
        path = shelf.path(name)
        _, problems = examine(path, has_prompt)
        wrong += len(problems)
        for problem in problems:
            _print_problem(problem)
        if not problems:
            print(f"{path}: good")
    return 1 if wrong else 0


def _print_problem(problem: Problem) -> None:
    words = explain(problem, terminal_language())
    print(f"{words.title}\n    {words.remedy}")


def _test(arguments: argparse.Namespace) -> int:
    settings = load().ivr
    shelf = build(settings).flows
    trials = [trial for path in sorted(settings.flows_dir.glob("tests/*.yaml")) for trial in read_trials(path)]
    failures = 0
    for trial in trials:
        difference = run_trial(trial, shelf.get(trial.flow))
        if difference:
            failures += 1
            print(f"{trial}\n    wanted: {' '.join(trial.hears)} | {trial.ends}\n    {difference}")
    print(f"{len(trials)} calls, {failures} not as written")
    return 1 if failures else 0


def _simulate(arguments: argparse.Namespace) -> int:
    settings = load()
    server = build(settings.ivr)
    now = _moment(arguments.at, settings)
    walked = walk(server.flows.get(arguments.flow), _keys(arguments.keys), now)
    print(f"{arguments.flow}, {now:%Y-%m-%d %H:%M} {settings.firm.timezone}")
    print("\n".join(tell(walked, server.prompts)))
    return 0


def _moment(given: datetime | None, settings: Settings) -> datetime:
    zone = ZoneInfo(settings.firm.timezone)
    if given is None:
        return utc_now().astimezone(zone)
    return given.astimezone(zone) if given.tzinfo else given.replace(tzinfo=zone)


def _keys(written: str) -> list[str]:
    return [key.strip() for key in written.split(",") if key.strip()]


def _make(arguments: argparse.Namespace) -> int:
    settings = load().ivr
    folder, sounds = _book(settings.prompts_dir, arguments.acted)
    chosen = _chosen(sounds, arguments.only)
    due = outdated(chosen, folder)
    make(due, folder, settings.voices_dir, lambda line: print(line, flush=True))
    print(f"{len(due)} made, {len(chosen) - len(due)} as they were")
    return 0


def _book(prompts_dir: Path, acted: bool) -> tuple[Path, list[Sound]]:
    if acted:
        return ACTED_DIR, [entry.sound for entry in read_acted()]
    return prompts_dir, read_texts(prompts_dir / "texts.yaml")


def _chosen(sounds: Sequence[Sound], names: Sequence[str] | None) -> list[Sound]:
    if names is None:
        return list(sounds)
    known = {Path(sound.path).stem for sound in sounds}
    for name in names:
        if name not in known:
            raise Problem("prompt_unknown", field="--only", name=name, names=", ".join(sorted(known)))
    return [sound for sound in sounds if Path(sound.path).stem in names]
