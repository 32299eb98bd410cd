"""`python -m scripts.capture [NAME ...]`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
import traceback
from collections.abc import AsyncIterator
from pathlib import Path

from callcenter.asterisk.agi import AgiServer
from scripts.capture import expected, shifted, sounds, table
from scripts.capture.menu import menu
from scripts.capture.pbx import SECRET, asterisk
from scripts.capture.scenarios import SCENARIOS
from scripts.capture.scene import Scenario, Stage
from tests.wire.conversations import FOLDER


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.capture", description=__doc__)
    parser.add_argument("names", nargs="*", help="scenarios; none: all")
    parser.add_argument("--stages", type=int, default=3, help="so many Asterisks at once")
    parser.add_argument("--list", action="store_true", help="only name them")
    parser.add_argument("--judge", action="store_true", help="only write anew what the ledger makes of them")
    options = parser.parse_args()
    chosen = [SCENARIOS[name] for name in options.names] or list(SCENARIOS.values())
    if options.list:
        print("\n".join(f"{each.name:32} {each.title}" for each in chosen))
        return 0
    if options.judge:
        return _judge([each.name for each in chosen])
    failed = asyncio.run(_all(chosen, min(options.stages, len(chosen))))
    print(f"{len(chosen) - len(failed)} captured" + (f", failed: {' '.join(failed)}" if failed else ""))
    taken = [each.name for each in chosen if each.name not in failed]
    return _judge(taken if options.names else [*taken, *shifted.write_all()]) or (1 if failed else 0)


def _judge(names: list[str]) -> int:
    """Write what the ledger makes of them; 1 when it is not what happened."""
    wrong = {name: found for name in names if (found := expected.write(name))}
    for name, found in wrong.items():
        print("\n  ".join([name, *found]))
    return 1 if wrong else 0


async def _all(scenarios: list[Scenario], stages: int) -> list[str]:
    left = scenarios[::-1]
    failed: list[str] = []
    await asyncio.gather(*(_one_stage(left, failed) for _ in range(stages)))
    return failed


async def _one_stage(left: list[Scenario], failed: list[str]) -> None:
    async with _stage() as stage:
        while left:
            scenario = left.pop()
            try:
                taken = await stage.take(scenario)
                (FOLDER / f"{scenario.name}.txt").write_text(table.written(taken))
                print(f"{scenario.name}: {len(taken.events)} messages", flush=True)
            except Exception:
                failed.append(scenario.name)
                print(f"{scenario.name}: FAILED", file=sys.stderr)
                traceback.print_exc()
                await stage.clear()


@contextlib.asynccontextmanager
async def _stage() -> AsyncIterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="capture-") as folder:
        home = Path(folder)
        server = AgiServer("127.0.0.1", 0, menu)
        await server.start()
        stage = Stage(asterisk(home, sounds.prompts(home / "prompts"), server.port), home)
        await stage.pbx.start()
        try:
            await stage.manager.open(stage.pbx.settings.ami.port, "capture", SECRET)
            yield stage
        finally:
            for person in stage.agents.values():
                await person.stops()
            await stage.manager.close()
            await stage.pbx.stop()
            await server.stop()


if __name__ == "__main__":
    sys.exit(main())
