"""Functions that steps of the kind `python` call."""

from __future__ import annotations

import asyncio
from typing import Any

PRICES = [20, 30]


def make_order(customer: str, count: int) -> dict[str, Any]:
    lines = [{"item": index + 1, "price": PRICES[index]} for index in range(count)]
    return {"customer": customer, "lines": lines}


def check_total(order: dict[str, Any], at_most: int) -> None:
    total = sum(line["price"] for line in order["lines"])
    assert total <= at_most, f"{order['customer']} would have to pay {total}"


async def later(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "done"
