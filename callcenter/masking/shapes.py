"""The shapes in which phone numbers are written, and those that only look like it: ids and times stay readable, because
a log is read by following them. Patterns for `re.VERBOSE`."""

from __future__ import annotations

# What may stand between two groups of digits, also as Chinese keyboards write it.
_S = r"[-.\ \u00a0\u2010-\u2015\u3000－]"
_OPEN, _CLOSE = "[(（]", "[)）]"

READABLE = r"""
    [0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}                                    # an id of ours
  | (?<!\d)\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?!\d)           # a time
  | (?<![\d+])1\d{9}\.\d+                                                          # Asterisk's unique id
  | (?<![\d+])1[5-9]\d{8}(?:\d{3})?(?!\d)                                          # seconds or ms since 1970
  | (?<=[^\d\s])-0[0-9a-f]{7}(?:;[12])?(?![0-9a-z])                                # of a channel: PJSIP/lan-00000012
  | (?<=\d)-0[0-9a-f]{7};[12](?![0-9a-z])
  | (?<=SIP)/\d{3,6}-0[0-9a-f]{7}(?![0-9a-z])                                      # of a phone's: PJSIP/1001-00000012
  | (?<![0-9a-z])(?=[0-9a-f]*[a-f])(?:0x[0-9a-f]+|[0-9a-f]{24,})(?![0-9a-z])       # an address in memory, a hash
"""

# With a country's code. At most fifteen digits, so that what follows a number is not taken for a part of it.
_ABROAD = rf"(?:[+＋]\ ?|00(?=[1-9])){_OPEN}?[1-9](?:(?:{_S}|[()（）]){{0,3}}\d){{6,14}}"
_MOBILE = rf"""
    (?:{_OPEN}?(?:[+＋]\ ?|00)?86{_CLOSE}?{_S}{{0,2}})? {_OPEN}?0?1[3-9]\d{_CLOSE}?
    (?:{_S}{{0,2}}\d{{4}}{_S}?\d{{4}} | {_S}\d{{3}}{_S}\d{{5}} | \d{_S}\d{{3}}{_S}\d{{4}} | \d{{2}}{_S}\d{{6}})
"""
_AREA = rf"""
    (?:{_OPEN}?(?:[+＋]\ ?|00)?86{_CLOSE}?{_S}{{0,2}}{_OPEN}?0?[1-9]\d{{1,2}} | {_OPEN}?0[1-9]\d{{1,2}}){_CLOSE}?
    {_S}{{0,2}}{_OPEN}?[1-9]\d{{2,3}}{_S}{{0,2}}\d{{4}}
"""
# What is written so is a number, whatever letters touch it.
_PLAIN = rf"(?<!\d)(?<!\d\.)(?:{_MOBILE}|{_AREA}|{_ABROAD})(?!\d)"

_SERVICE = rf"[48]00{_S}?(?:\d{{3}}{_S}?\d{{4}}|\d{{4}}{_S}?\d{{3}})"
_LOCAL = r"(?<!-)[2-9]\d{2,3}[-\u2010-\u2015－]\d{4}(?!-)"
_BRACKETS = rf"{_OPEN}\d{{2,5}}{_CLOSE}{_S}{{0,2}}\d{{3,4}}{_S}?\d{{3,4}}"
_THREE = rf"[2-9]\d{{2}}{_S}\d{{3}}{_S}\d{{4}}"
# These and a mere run of digits are numbers only where they stand alone, or before an extension.
_ALONE = rf"""
    (?:(?<![0-9A-Za-z])|(?<=%2B)|(?<=%20))(?<!\d\.)
    (?:{_SERVICE}|{_LOCAL}|{_BRACKETS}|{_THREE}|\d{{7,}}) (?:(?![0-9A-Za-z])|(?=x\d|ext))
"""
NUMBER = f"(?:{_PLAIN}|{_ALONE})"
