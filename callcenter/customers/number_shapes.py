"""What a row of digits is: the shapes of Chinese numbers by rule, the rest of the world by `phonenumbers` (pure)."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

Kind = Literal["mobile", "fixed", "service", "internal", "withheld", "unknown"]

_MOBILE = re.compile(r"0?(1[3-9]\d{9})", re.A)
# Codes for cheap long distance that old exchanges and phone books still put before the number.
_CARRIER = re.compile(r"(?:179\d\d|12593|10193|11808)(0?1[3-9]\d{9}|0\d{9,11})", re.A)
_PAID = re.compile(r"0?([48]00\d{7})", re.A)
_EMERGENCY = re.compile(r"11[0249]|12[0-2]", re.A)
_SHORT = re.compile(r"11[0249]|12[0-2]|1[0-2]\d{3}|123\d{3}|118\d{3}|1258\d{3,8}|95\d{3,7}|96\d{3,4}|106\d{5,17}", re.A)
_AREA_SHORT = re.compile(r"0?(10|2\d|[3-9]\d\d)(1[0-2]\d{3}|11[0249]|12[0-2]|9[56]\d{3}|96\d{4})", re.A)
_FIXED = re.compile(r"0?((?:10|2\d)[2-9]\d{7}|[3-9]\d\d[2-9]\d{6,7})", re.A)
_LOCAL = re.compile(r"[2-8]\d{6,7}", re.A)
_KINDS: dict[int, Kind] = {
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.MOBILE: "mobile",
    # North America does not tell them apart, and neither can we.
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "unknown",
    PhoneNumberType.UNKNOWN: "unknown",
}


class Reading(NamedTuple):
    """One way to understand digits. `national` is what one dials inside the country, digits only."""

    e164: str | None
    national: str | None
    kind: Kind


NOTHING = Reading(None, None, "unknown")


def china(digits: str, area_code: str, *, abroad: bool = False, loose: bool = False) -> Reading:
    """Digits as dialled inside China, or (`abroad`) as they follow +86, where the area code has lost its zero.

    `area_code` ("020", or "" when not set) completes local numbers. `loose` also takes what has the shape of a
    fixed line though the numbering plan known to `phonenumbers` does not list it.
    """
    if found := _CARRIER.fullmatch(digits):
        digits = found[1]
    if found := _MOBILE.fullmatch(digits):
        return Reading("+86" + found[1], found[1], "mobile")
    if found := _PAID.fullmatch(digits):
        return Reading("+86" + found[1], found[1], "service")
    if _SHORT.fullmatch(digits):
        return Reading(None, digits, "service")
    if (digits.startswith("0") or abroad) and (found := _AREA_SHORT.fullmatch(digits)):
        area = "0" + found[1]
        return Reading(None, found[2] if area == area_code else area + found[2], "service")
    return _fixed(digits, area_code, abroad=abroad, loose=loose)


def _fixed(digits: str, area_code: str, *, abroad: bool, loose: bool) -> Reading:
    found = _FIXED.fullmatch(digits)
    if found and (_is_fixed(found[1]) or (loose and (abroad or digits.startswith("0")))):
        return Reading("+86" + found[1], "0" + found[1], "fixed")
    if not _LOCAL.fullmatch(digits) or (abroad and not loose):
        return NOTHING
    if not area_code:
        return Reading(None, digits, "fixed")
    whole = area_code[1:] + digits
    return Reading("+86" + whole, "0" + whole, "fixed") if _is_fixed(whole) else NOTHING


def _is_fixed(significant: str) -> bool:
    number = phonenumbers.PhoneNumber(country_code=86, national_number=int(significant))
    return _FIXED.fullmatch(significant) is not None and phonenumbers.number_type(number) == PhoneNumberType.FIXED_LINE


def is_emergency(digits: str) -> bool:
    """110, 119, 120 and their like, which no internal range may hide."""
    return _EMERGENCY.fullmatch(digits) is not None


def foreign(digits: str, country: str | None = None) -> Reading:
    """Digits that follow a plus, or (with `country`) as dialled there. A merely possible number keeps its E.164."""
    try:
        number = phonenumbers.parse(digits if country else "+" + digits, country)
    except phonenumbers.NumberParseException:
        return NOTHING
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    if not possible or (country and not phonenumbers.is_valid_number(number)):
        return NOTHING
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if country is None and e164 != "+" + digits and not phonenumbers.is_valid_number(number):
        return NOTHING
    national = re.sub(r"\D", "", phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))
    return Reading(e164, national, _KINDS.get(phonenumbers.number_type(number), "service"))
