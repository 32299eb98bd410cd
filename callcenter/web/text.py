"""Text that people type: no control characters, which no screen shows and some databases refuse."""

from __future__ import annotations

import unicodedata

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

_LAYOUT = "\n\r\t"


def one_line(value: str) -> str:
    """The text; for pydantic's validators an error when it holds a control character."""
    return _checked(value, "")


def _paragraphs(value: str) -> str:
    return _checked(value, _LAYOUT)


def _checked(value: str, allowed: str) -> str:
    # Cs: half of a surrogate pair, which cannot be written as UTF-8.
    if any(unicodedata.category(each) in ("Cc", "Cs") and each not in allowed for each in value):
        raise PydanticCustomError("control_character", "control characters are not allowed")
    return value


# For `Annotated`, behind the field's own constraints: pydantic applies in their order.
ONE_LINE = AfterValidator(one_line)
SEVERAL_LINES = AfterValidator(_paragraphs)
