"""Alembic's environment. Run through `callcenter.schema`, which hands the connection in."""

from __future__ import annotations

import callcenter.app  # noqa: F401  # every room's tables
from alembic import context
from callcenter.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    compare_type=True,
    render_as_batch=True,
)

with context.begin_transaction():
    context.run_migrations()
