"""Numbers, names and credentials in a text that somebody else wrote."""

from __future__ import annotations

import re

from callcenter.masking.shapes import NUMBER, READABLE

HIDDEN = "***"
# As `plain_name` gives them.
NUMBERS = frozenset(
    {"number", "numbers", "rawnumber", "caller", "callerid", "calleridnum", "callernumber", "agicallerid", "agidnid"}
    | {"connectednumber", "connectedline", "connectedlinenum", "phone", "phones", "mobile", "tel", "telephone"}
    | {"to", "dialled", "dialed", "dialednumber", "called", "callee", "ani", "dnid"}
)
NAMES = frozenset(
    {"callername", "calleridname", "agicalleridname", "connectedname", "connectedlinename", "customername"}
)
# The numbers of the house are nobody's; they have three to five digits.
_SHORTEST_NUMBER = 6
_LONG_NUMBER = 10

# Most values: a word, an id, a moment. Lines are many, so what is plainly none of a caller's is not looked at further.
_CLEAR = re.compile(
    r"[a-z_./ -]*+(?:\d{1,5}[a-z_./ -]*+)?|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\dT[\d:]{8}(?:\.\d{6})?Z",
    re.IGNORECASE | re.ASCII,
)
_SHAPES = re.compile(f"(?P<readable>{READABLE})|{NUMBER}", re.VERBOSE | re.IGNORECASE)
_CREDENTIALS = re.compile(
    r"""(?P<before> (?<=://)[^/@\s:]*: (?=[^/@\s]*@)            # in an address: USER:PASSWORD@
                  | \b(?:bearer|basic)\ + (?=[\w.~+/=-]{8})
                  | (?:password|passwd|secret|token)=
        ) (?: [^\s&"'@]+ )""",
    re.VERBOSE | re.IGNORECASE,
)
_FIELD = r"(?<![a-z_])(?<![a-z]-)(?P<name>[a-z]++(?:[_-][a-z]++)*+)"
# As Python shows a field: number='600123', {'to': '600123'}, ('CallerIDName', 'Chen').
_SHOWN = re.compile(rf"(?P<before>{_FIELD}['\"]?(?:=|:\ ?|,\ )(?P<quote>['\"]))(?P<value>.*?)(?P=quote)", re.IGNORECASE)
# As Asterisk sends a header: CallerIDNum: 600123. Only names that are no words of prose.
_HEADER = re.compile(
    r"(?P<before>\b(?P<name>(?:agi_)?callerid(?:num|name)?|connectedline(?:num|name)|agi_dnid):\ ?)"
    r"(?P<value>.*?)(?=\\r|\\n|[\r\n,;\"']|$)",
    re.IGNORECASE | re.MULTILINE,
)
# What pydantic was given, and the row that PostgreSQL refused.
_GIVEN = re.compile(r"(?P<before>input_value=).{0,300}?(?=,\ input_type=)|(?P<detail>DETAIL:\s+).*", re.IGNORECASE)
_CHINESE_QUOTED = re.compile(r"(['\"“])[^'\"“”\n]*[\u3400-\u9fff][^'\"“”\n]*(['\"”])")


def masked_text(text: str) -> str:
    """A text without callers' numbers and names, as far as they can be told, and without credentials."""
    if _CLEAR.fullmatch(text):
        return text
    text = _CREDENTIALS.sub(rf"\g<before>{HIDDEN}", text)
    text = _SHOWN.sub(_field, _HEADER.sub(_field, _GIVEN.sub(_given, text)))
    return _SHAPES.sub(_shape, text)


def masked_trace(text: str) -> str:
    """An exception with its way here. What it quotes in Chinese is more likely a person than anything else."""
    return masked_text(_CHINESE_QUOTED.sub(rf"\1{HIDDEN}\2", text))


def masked_number(text: str) -> str:
    """A value that is known to be a number, however it is written. Those of the house, such as 1001, are nobody's."""
    digits = re.sub(r"\D", "", text)
    return text if len(digits) < _SHORTEST_NUMBER else _shown(digits)


def plain_name(name: str) -> str:
    """A field's name as the sets above have it: CallerIDNum, caller_id_num and caller-id-num are one."""
    return name.lower().replace("_", "").replace("-", "")


def _shown(digits: str) -> str:
    """So much that two callers can be told apart, and neither can be called."""
    return HIDDEN + (digits[-4:] if len(digits) >= _LONG_NUMBER else digits[-2:])


def _shape(found: re.Match[str]) -> str:
    return found[0] if found["readable"] else _shown(re.sub(r"\D", "", found[0]))


def _given(found: re.Match[str]) -> str:
    return (found["before"] or found["detail"]) + HIDDEN


def _field(found: re.Match[str]) -> str:
    name, value, quote = plain_name(found["name"]), found["value"], found.groupdict().get("quote") or ""
    if name in NAMES and value:
        value = HIDDEN
    elif name in NUMBERS:
        value = masked_number(value)
    return found["before"] + value + quote
