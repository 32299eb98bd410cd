"""Phone numbers, whatever shape they come in (pure): `parse` never raises, `lookup_key` finds the customer again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import phonenumbers
from phonenumbers import PhoneNumberFormat

from callcenter.customers.number_shapes import NOTHING, Kind, Reading, china, foreign, is_emergency
from callcenter.customers.number_text import clean

__all__ = ["Kind", "Number", "PhoneRegion", "display", "parse"]

_RANGE = re.compile(r"(\d{3,5})(?:-(\d{3,5}))?", re.A)
_DASH_EXTENSION = re.compile(r"(.*\d)-(\d{1,6})")
_AREA_AND_LOCAL = re.compile(r"(?:\+86[- ]?|0)\d{2,3}[- ][2-9]\d{6,7}")
_SHORTEST_KEY = 3
_SHORTEST_EXTENSIBLE = 7


@dataclass(frozen=True)
class PhoneRegion:
    """Where our switchboard stands.

    `country`: ISO code. `area_code`: our own, "020" or "20", completes local numbers; "" when there is none.
    `internal`: ranges of short numbers inside the house, such as ("1000-1999", "801"); 3 to 5 digits.
    ValueError when one of them cannot be read.
    """

    country: str = "CN"
    area_code: str = ""
    internal: tuple[str, ...] = ()
    _ranges: tuple[tuple[str, str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.country not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError(f"country: {self.country!r} is not an ISO code such as CN")
        if not re.fullmatch(r"\d{0,5}", self.area_code, re.A):
            raise ValueError(f"area_code: {self.area_code!r} is not an area code such as 020")
        if self.area_code and self.country == "CN":
            object.__setattr__(self, "area_code", "0" + self.area_code.lstrip("0"))
        object.__setattr__(self, "_ranges", tuple(map(_range, self.internal)))

    def is_internal(self, digits: str) -> bool:
        """True for a number of one of the ranges."""
        return any(len(first) == len(digits) and first <= digits <= last for first, last in self._ranges)


def _range(text: str) -> tuple[str, str]:
    found = _RANGE.fullmatch(text.strip())
    first, last = (found[1], found[2] or found[1]) if found else ("", "")
    if not found or len(first) != len(last) or first > last:
        raise ValueError(f"internal: {text!r} is not a range such as 1000-1999 (3 to 5 digits)")
    return first, last


@dataclass(frozen=True)
class Number:
    """A number as understood.

    `e164` is None for what has no such form (95588, 1001, withheld). `national` is what one dials inside the
    country, digits only. `extension` is the one behind a switchboard. `raw` is always what came.
    """

    e164: str | None
    national: str | None
    kind: Kind
    extension: str | None
    raw: str

    @property
    def usable(self) -> bool:
        """Whether it is a number that somebody can be called at."""
        return self.e164 is not None or self.kind in ("fixed", "service", "internal")

    @property
    def lookup_key(self) -> str | None:
        """Equal for every spelling of a number, without its extension; None when nobody can be found by it.

        A number not understood is found by its bare digits, as long as it is always spelled the same.
        """
        if self.kind == "withheld":
            return None
        key = self.e164 or self.national or re.sub(r"\D", "", self.raw, flags=re.A)
        return key[:64] if len(key) >= _SHORTEST_KEY else None


def parse(raw: str, region: PhoneRegion) -> Number:
    """Understand a number as a trunk, a spreadsheet or a person wrote it. Never raises: the worst is kind "unknown"."""
    cleaned = clean(raw)
    if cleaned.withheld:
        return Number(None, None, "withheld", None, raw)
    if cleaned.text is None:
        return Number(None, None, "unknown", None, raw)
    reading, extension = _understand(cleaned.text, region, splittable=cleaned.extension is None)
    return Number(*reading, cleaned.extension or extension, raw)


def _understand(text: str, region: PhoneRegion, *, splittable: bool) -> tuple[Reading, str | None]:
    """The first way of reading that makes sense, from the strictest to the most lenient.

    The order settles the doubtful: `88886666-801` ends in an extension, and so `86…` at its front is no country
    code; `8620-8888-6666` has one, although `8620-8888` alone would be a local number.
    """
    split = _DASH_EXTENSION.fullmatch(text) if splittable else None
    # Area code and local number in one group each leave no doubt about what follows them.
    grouped = split and _AREA_AND_LOCAL.fullmatch(split[1])
    if split and grouped and (reading := _known(_whole(split[1], region, loose=True))):
        return reading, split[2]
    if reading := _known(_whole(text, region)):
        return reading, None
    if split and not _is_split_local(split[1]) and (reading := _known(_whole(split[1], region), extensible=True)):
        return reading, split[2]
    if reading := _known(_bare_country_code(text, region)):
        return reading, None
    if split and (reading := _known(_whole(split[1], region), extensible=True)):
        return reading, split[2]
    return _whole(text, region, loose=True), None


def _known(reading: Reading, *, extensible: bool = False) -> Reading | None:
    """The reading, unless it says nothing; with `extensible`, only of a line that can have extensions."""
    if reading == NOTHING or (extensible and len(reading.national or "") < _SHORTEST_EXTENSIBLE):
        return None
    return reading


def _is_split_local(head: str) -> bool:
    """Groups like 8888-6666 or 8620-8888: too little to tell a local number from the front of a longer one."""
    return not head.startswith(("+", "0")) and len(head) < 10 and not head.isdigit()


def _whole(text: str, region: PhoneRegion, *, loose: bool = False) -> Reading:
    digits = re.sub(r"\D", "", text, flags=re.A)
    if text.startswith("+"):
        return _international(re.sub(r"^00", "", digits), region, loose=loose)
    if digits.startswith("00"):
        return _international(digits[2:], region, loose=loose)
    if region.is_internal(digits) and not (region.country == "CN" and is_emergency(digits)):
        return Reading(None, digits, "internal")
    if region.country == "CN":
        return china(digits, region.area_code, loose=loose)
    return foreign(digits, region.country)


def _international(digits: str, region: PhoneRegion, *, loose: bool) -> Reading:
    if not digits.startswith("86"):
        return foreign(digits)
    area_code = region.area_code if region.country == "CN" else ""
    return china(digits[2:], area_code, abroad=True, loose=loose)


def _bare_country_code(text: str, region: PhoneRegion) -> Reading:
    """86 without a plus, as most trunks send it."""
    digits = re.sub(r"\D", "", text, flags=re.A)
    if region.country != "CN" or text.startswith("+") or not digits.startswith("86"):
        return NOTHING
    return china(digits[2:], region.area_code, abroad=True)


def display(number: Number) -> str:
    """For reading, in no particular language: 138 0013 8000, 020-88886666-801, 400-123-4567, +852 2123 4567."""
    text = _spaced(number)
    if not text or not number.extension:
        return text
    # Abroad a dash may stand anywhere in a number, so that it cannot show where the extension begins.
    return f"{text}-{number.extension}" if text[0] != "+" else f"{text} x{number.extension}"


def _spaced(number: Number) -> str:
    national, e164 = number.national or "", number.e164 or ""
    if number.kind == "withheld":
        return ""
    if not e164:
        return national or number.raw.strip()
    if not e164.startswith("+86"):
        return phonenumbers.format_number(phonenumbers.parse(e164, None), PhoneNumberFormat.INTERNATIONAL)
    if number.kind == "mobile":
        return f"{national[:3]} {national[3:7]} {national[7:]}"
    if number.kind == "service":
        return f"{national[:3]}-{national[3:6]}-{national[6:]}"
    area = 3 if national[:2] in ("01", "02") else 4
    return f"{national[:area]}-{national[area:]}"
