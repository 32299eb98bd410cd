"""A customer as the other rooms and the screens see him."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from callcenter.web.text import ONE_LINE, SEVERAL_LINES, one_line

CustomerKind = Literal["person", "household", "firm"]
Grade = Literal["A", "B", "C", "D"]
_Label = Annotated[str, StringConstraints(strip_whitespace=True, max_length=32), ONE_LINE]
_Part = Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128), ONE_LINE]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50), ONE_LINE]
Note = Annotated[str, StringConstraints(max_length=4000), SEVERAL_LINES]
ExternalId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), ONE_LINE]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class Phone(_Frozen):
    """A number as it was written, and as E.164 where it has such a form."""

    id: str
    raw: str
    e164: str | None
    label: str | None


class Home(_Frozen):
    """Where the customer lives, or what he owns. `project` is "" where only the room is known."""

    project: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    building: _Part | None = None
    unit: _Part | None = None
    room: _Part | None = None


def _without_controls(home: Home) -> Home:
    for part in (home.project, home.building, home.unit, home.room):
        one_line(part or "")
    return home


# Only what is typed is checked: a home that was kept once can always be read.
TypedHome = Annotated[Home, AfterValidator(_without_controls)]


class CustomerRow(_Frozen):
    """A customer in a list."""

    id: str
    name: str
    grade: Grade
    kind: CustomerKind
    phones: list[Phone]
    homes: list[Home]
    tags: list[str]


class Customer(CustomerRow):
    """A customer's whole record. `version` goes into If-Match when it is changed."""

    version: int
    external_id: str | None
    note: str
    created_at: AwareDatetime
    updated_at: AwareDatetime


class CustomerCandidate(CustomerRow):
    """Who may be calling: one of his numbers is the caller's."""


class PhoneDraft(_Frozen):
    """A number to keep, in any spelling."""

    raw: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), ONE_LINE]
    label: _Label | None = None


class CustomerDraft(_Frozen):
    """A customer to create."""

    name: Name
    kind: CustomerKind = "person"
    grade: Grade = "C"
    external_id: ExternalId | None = None
    phones: list[PhoneDraft] = Field(default_factory=list, max_length=50)
    homes: list[TypedHome] = Field(default_factory=list, max_length=50)
    tags: list[Tag] = Field(default_factory=list, max_length=50)
    note: Note = ""


class CustomerChange(_Frozen):
    """What to change; what is not named stays. `phones`, `homes` and `tags` are given whole."""

    name: Name | None = None
    kind: CustomerKind | None = None
    grade: Grade | None = None
    external_id: ExternalId | None = None
    phones: list[PhoneDraft] | None = Field(default=None, max_length=50)
    homes: list[TypedHome] | None = Field(default=None, max_length=50)
    tags: list[Tag] | None = Field(default=None, max_length=50)
    note: Note | None = None
