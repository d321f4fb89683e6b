"""The bank's API. What it does not answer may have happened all the same."""

from __future__ import annotations

import httpx

from shaketable_targets.trips.consumer import Failed
from shaketable_targets.trips.settings import BANK_KEYS, BANK_TIMEOUT, BANK_URL, PATIENCE_S

_DECLINED = 402


async def charge(trip: int, ref: str, amount: int, card: str) -> bool:
    """Charge the card; False if the bank declines. Raises Failed when that is not known."""
    body = {"trip": trip, "ref": ref, "amount": amount, "card": card}
    try:
        return await _post("/charges", f"{ref}-charge", body) != _DECLINED
    except httpx.TimeoutException as error:
        if BANK_TIMEOUT == "declined":
            return False
        raise Failed(f"the bank did not answer: {error!r}") from error


async def refund(trip: int, ref: str, amount: int) -> None:
    """Give the amount back. Raises Failed when it is not known whether the bank did."""
    try:
        await _post("/refunds", f"{ref}-refund", {"trip": trip, "ref": ref, "amount": amount})
    except httpx.TimeoutException as error:
        raise Failed(f"the bank did not answer: {error!r}") from error


async def _post(path: str, key: str, body: dict[str, object]) -> int:
    headers = {"Idempotency-Key": key} if BANK_KEYS else {}
    try:
        async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as client:
            answer = await client.post(f"{BANK_URL}{path}", json=body, headers=headers)
    except httpx.TimeoutException:
        raise
    except httpx.TransportError as error:
        raise Failed(f"the bank cannot be reached: {error!r}") from error
    if answer.status_code not in (200, 201, _DECLINED):
        raise Failed(f"the bank answered {answer.status_code}")
    return answer.status_code
