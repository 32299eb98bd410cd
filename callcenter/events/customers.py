"""What happens to a customer's record."""

from __future__ import annotations

from typing import Literal

from callcenter.events.base import Event


class CustomerChanged(Event):
    type: Literal["CustomerChanged"] = "CustomerChanged"
    customer_id: str
    change: Literal["created", "updated"]
