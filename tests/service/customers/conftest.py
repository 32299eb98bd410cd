"""The room of customers on a database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from callcenter.customers.numbers import PhoneRegion
from callcenter.customers.service import Customers
from callcenter.db import Database

NOW = datetime(2026, 11, 3, 1, 2, 3, tzinfo=UTC)


@pytest.fixture
def customers(db: Database) -> Customers:
    return Customers(db, lambda: NOW, PhoneRegion(area_code="020", internal=("1000-1999",)))
