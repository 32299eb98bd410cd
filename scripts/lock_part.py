"""Of requirements.lock only the named packages and what they need, so that an image carries no developers' tools.

`python scripts/lock_part.py [PACKAGE...]`; without names: what the project itself depends on. Needs the standard
library only: it runs before anything is installed.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def part(lock: str, wanted: set[str]) -> str:
    """The lock's blocks of `wanted` and, by its "via" notes, of all that they lead to."""
    blocks = {_name(block): block for block in re.split(r"\n(?=\S)", lock.strip())}
    users = {name: set(re.findall(r"^ +# +(?:via +)?([a-z0-9.-]+)", block, re.M)) for name, block in blocks.items()}
    kept = {_name(each) for each in wanted}
    while more := {name for name, by in users.items() if by & kept} - kept:
        kept |= more
    if missing := kept - blocks.keys():
        raise SystemExit(f"not in requirements.lock: {', '.join(sorted(missing))}")
    return "".join(f"{blocks[name]}\n" for name in sorted(kept))


def _name(requirement: str) -> str:
    found = _NAME.match(requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


if __name__ == "__main__":
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    names = set(sys.argv[1:]) or set(project["dependencies"])
    sys.stdout.write(part((_ROOT / "requirements.lock").read_text(), names))
