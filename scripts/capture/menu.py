"""A small menu: one key chooses the queue, nine the end, seven breaks it."""

from __future__ import annotations

from callcenter.asterisk.agi import AgiSession

_KEYS = {"1": "complaint", "2": "inquiry", "3": "repair", "9": ""}


async def menu(session: AgiSession) -> None:
    key = await session.read_digits([], 8, 1, terminators="")
    if key == "7":
        raise RuntimeError("the menu breaks, as the scenario wants it")
    queue = _KEYS.get(key, "operator")
    values = {"CC_MENU_PATH": f"main/{queue or 'bye'}", "CC_KIND": queue, "CC_QUEUE": queue, "IVR_DONE": "1"}
    for name, value in values.items():
        await session.set_variable(name, value)
