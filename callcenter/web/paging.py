"""Cursor paging over ids, which sort by time: a page stays right while new rows arrive at the top."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from pydantic import BaseModel, Field

Row = TypeVar("Row")


class PageQuery(BaseModel):
    """`cursor` is what the page before gave as `next_cursor`."""

    cursor: str | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


def cut(rows: Sequence[Row], limit: int, key: Callable[[Row], str]) -> tuple[list[Row], str | None]:
    """Rows of a query that asked for one more than `limit`: the page, and the cursor of the next."""
    page = list(rows[:limit])
    return page, key(page[-1]) if len(rows) > limit else None
