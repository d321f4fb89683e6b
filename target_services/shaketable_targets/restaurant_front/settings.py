"""The limits of the front: the document's breaker and pools."""

from __future__ import annotations

from shaketable_targets.breakers.reference import Settings as BreakerSettings

GUIDE, STOCK, COUPONS, MAILER = "guide", "stock", "coupons", "mailer"
POOLS = {GUIDE: 10, STOCK: 5, COUPONS: 3}
CALL_TIMEOUT_MS = 4_000
"""For one request to the outside."""
BREAKER = BreakerSettings(window_size=10, minimum_calls=10, wait_ms=10_000, half_open_permits=3, ignored=())
