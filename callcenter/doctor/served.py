"""What callers hear and agents see: menus and screens."""

from __future__ import annotations

import re
from pathlib import Path

from callcenter.doctor.finding import Finding, error, of_problem, ok
from callcenter.doctor.installation import Installation, apart
from callcenter.errors import Problem
from callcenter.ivr.reading import examine
from callcenter.ivr.service import build, open_prompts
from callcenter.setting_groups import IvrSettings

# The dialplan hands every call to this one.
_FIRST = "main"
_ASSET = re.compile(r'(?:src|href)="/([^":?#]+)"')


async def check_screens(installation: Installation) -> list[Finding]:
    """The built screens, and every file that their page names."""
    return await apart(lambda: _screens(installation.settings.web.screens_dir))


async def check_menus(installation: Installation) -> list[Finding]:
    """Every menu, with its prompts."""
    return await apart(lambda: _menus(installation.settings.ivr))


def _screens(folder: Path) -> list[Finding]:
    page = folder / "index.html"
    if not page.is_file():
        return [error("screens", "screens_not_built", path=str(page))]
    named = [folder / name for name in _ASSET.findall(page.read_text(encoding="utf-8"))]
    missing = [path for path in named if not path.is_file()]
    if missing:
        return [error("screens", "screens_not_built", path=str(missing[0]))]
    return [ok("screens", "doctor_screens_good", folder=str(folder))]


def _menus(settings: IvrSettings) -> list[Finding]:
    if not (settings.flows_dir / f"{_FIRST}.yaml").is_file():
        return [error("menus", "doctor_menu_absent", folder=str(settings.flows_dir), name=_FIRST)]
    try:
        shelf, has_prompt = build(settings).flows, open_prompts(settings).has
    except Problem as problem:
        return [of_problem("menus", problem)]
    names = shelf.names()
    problems = [problem for name in names for problem in examine(shelf.path(name), has_prompt)[1]]
    found = [of_problem("menus", problem) for problem in problems]
    return found or [ok("menus", "doctor_menus_good", names=", ".join(names))]
