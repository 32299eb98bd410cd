"""From what a trunk, a spreadsheet or a person wrote to bare digits and separators (pure)."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple
from urllib.parse import unquote

LONGEST = 200
"""Characters looked at; nothing longer is a phone number."""

_WITHHELD = re.compile(
    "anonymous|unknown|unavailable|private|restricted|withheld|blocked|none|null|nil|payphone|n/a|"
    "no-number|(private|unknown|withheld)-number|number-withheld|not-available|"
    "(隐藏|未知|匿名|保密|私人|无)(号码|来电)?|号码(隐藏|保密)|无主叫|未显示|未提供"
)
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−－~˗ー"), "-")
_BRACKETS = dict.fromkeys(map(ord, "()[]{}【】〔〕「」"), " ")
_BLANKS = dict.fromkeys(map(ord, "._·・•"), " ")
_LABEL = re.compile(
    r"^(?:联系)?(?:电话|手机|座机|固话|号码|热线|telephone|mobile|phone|cell|tel|fax)(?:号码?)?\s*[::]?\s*", re.I
)
_EXTENSION = re.compile(
    r"(?<=[\d\s-])(?:(?:转|轉|转接|分机号?|分機號?|内线|ext(?:ension|n)?\.?|x)\s*:?\s*(?P<said>\d{1,8})\s*#?"
    r"|[#,;]\s*(?P<marked>\d{1,6})\s*#?)\s*$",
    re.I | re.A,
)
"""What is only marked off is short: after 7 digits or more, a comma or semicolon parts two numbers."""
# Most numbers that a trunk or our own index hands over need no unwrapping.
_BARE = re.compile(r"\+?[0-9]{1,40}")
_SHAPE = re.compile(r"\+?[0-9][0-9 -]*")


class Cleaned(NamedTuple):
    """`text` is digits parted by single spaces or dashes, maybe after a plus; None when it is anything else."""

    text: str | None
    extension: str | None
    withheld: bool


def clean(raw: str) -> Cleaned:
    """Undo the wrapping: URI, brackets, labels, full-width characters, spelled-out extension."""
    if _BARE.fullmatch(raw) and raw.strip("+0"):
        return Cleaned(raw, None, withheld=False)
    if len(raw) > LONGEST:
        return Cleaned(None, None, withheld=False)
    text, extension = _unwrap(_plain_characters(raw))
    if _is_withheld(text):
        return Cleaned(None, None, withheld=True)
    text = _LABEL.sub("", text, count=1).strip()
    text = _without_brackets(text)
    if extension is None and (found := _EXTENSION.search(text)):
        text, extension = text[: found.start()], found["said"] or found["marked"]
    text = _separators(text)
    return Cleaned(text if _SHAPE.fullmatch(text) else None, extension, withheld=False)


def _plain_characters(raw: str) -> str:
    """Full-width and other scripts' digits become ASCII; every dash a hyphen; what is invisible goes."""
    if raw.isascii():
        return raw.strip()
    text = unicodedata.normalize("NFKC", raw).translate(_DASHES)
    return "".join(_plain(character) for character in text).strip()


def _plain(character: str) -> str:
    if character.isascii():
        return character
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    # Chinese spreadsheets and chat programs like to add zero-width and direction marks around numbers.
    return "" if unicodedata.category(character) == "Cf" else character


def _unwrap(text: str) -> tuple[str, str | None]:
    """Take the number out of `"Name" <number>`, `="number"`, sip: and tel: URIs; an `ext=` found on the way too."""
    if found := re.search(r"<([^<>]*)>", text):
        text = found[1]
    text = text.strip(" \t\r\n'\"=`")
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() in ("sip", "sips", "tel", "callto"):
        return _from_uri(scheme.lower(), unquote(rest))
    return text.partition("@")[0], None


def _from_uri(scheme: str, rest: str) -> tuple[str, str | None]:
    if scheme.startswith("sip"):
        user, at, _host = rest.rpartition("@")
        # Without a user part there is only a host, whose digits are an address and not a number.
        rest = user if at or "." not in rest else "host"
    number, *parameters = rest.lstrip("/").split(";")
    values = dict(each.lower().split("=", 1) for each in parameters if "=" in each)
    context = values.get("phone-context", "")
    if context.startswith("+") and not number.startswith("+"):
        number = context + number
    extension = re.sub(r"\D", "", values.get("ext", ""))[:8]
    return number.partition(":")[0], extension or None


def _is_withheld(text: str) -> bool:
    """Nothing, a word for nothing, or the row of zeros that some trunks send instead."""
    words = re.sub(r"[\s_-]+", "-", text.casefold().strip(" .!?-_()[]"))
    return not words or bool(_WITHHELD.fullmatch(words)) or bool(re.fullmatch(r"\+?[0 -]+", text))


def _without_brackets(text: str) -> str:
    """Brackets become blanks; the trunk zero in brackets behind a country code, +86 (0)20, goes."""
    if text.lstrip(" (").startswith(("+", "00")):
        text = text.replace("(0)", "")
    return text.translate(_BRACKETS).strip()


def _separators(text: str) -> str:
    """Blanks of one kind, and none of them around dashes."""
    text = re.sub(r"\s+", " ", text.translate(_BLANKS))
    text = re.sub(r"\s*-[\s-]*", "-", text).strip(" -")
    return re.sub(r"^\++\s*", "+", text)
