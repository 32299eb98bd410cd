"""Alembic's environment. Run through `callcenter.schema`, which hands the connection in."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

import callcenter.app  # noqa: F401  # every room's tables
from callcenter.schema import METADATA


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """A migration stands for itself: it names SQLAlchemy's types, not ours, which may change."""
    if kind == "type" and isinstance(item, sa.TypeDecorator) and isinstance(item.impl_instance, sa.DateTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    compare_type=True,
    render_as_batch=True,
    render_item=render_item,
)

with context.begin_transaction():
    context.run_migrations()
