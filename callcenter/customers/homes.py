"""Finding a home by the way people write it: 翠湖花园3栋2单元1201, 3-2-1201, 翠湖 1201 (pure)."""

from __future__ import annotations

import re
import unicodedata

# A word such as 栋 or 室 counts only behind the number it belongs to: 楼兰花园 is a name.
_SUFFIX = re.compile(r"(?<=[0-9a-z一二三四五六七八九十])(号楼|單元|单元|楼栋|栋|棟|幢|座|楼|樓|室|房|号|號|期|unit|#)")
_TOKEN = re.compile(r"[0-9a-z]+|[^\W0-9a-z_]+")


def stored_key(project: str | None, building: str | None, unit: str | None, room: str | None) -> str:
    """What a home is found by: each part between bars, such as `|翠湖花园||3||2||1201|`."""
    parts = " ".join(part for part in (project, building, unit, room) if part)
    return "".join(f"|{token}|" for token in _tokens(parts))[:400]


def like_pattern(query: str) -> str | None:
    """A LIKE pattern over stored keys: numbers whole, words in part, in this order. None when nothing is asked."""
    tokens = _tokens(query)
    if not tokens:
        return None
    return "%" + "%".join(f"|{token}|" if token.isascii() else token for token in tokens) + "%"


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(_SUFFIX.sub(" ", unicodedata.normalize("NFKC", text).casefold()))
