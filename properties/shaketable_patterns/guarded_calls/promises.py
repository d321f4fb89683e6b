"""The promises of calls outside: those of breakers and pools that show at a service's boundaries, and CW-1 to CW-3."""

from __future__ import annotations

from shaketable.verdict import Promise
from shaketable_patterns.bulkhead.promises import BH_1 as BH_1
from shaketable_patterns.bulkhead.promises import BH_5 as BH_5
from shaketable_patterns.circuit_breaker.promises import CB_1 as CB_1
from shaketable_patterns.circuit_breaker.promises import CB_3 as CB_3
from shaketable_patterns.circuit_breaker.promises import CB_4 as CB_4
from shaketable_patterns.circuit_breaker.promises import CB_8 as CB_8

_SOURCE = "docs/specification/patterns.md, {}"

CB_11 = Promise(
    "CB-11",
    "what is answered instead of the outside makes no outside call, and comes within its bound",
    "safety",
    ("fallback-calls-out", "fallback-late", "call-repeated"),
    _SOURCE.format("CB"),
)
BH_6 = Promise(
    "BH-6",
    "a saturated pool neither rejects nor delays calls of another",
    "safety",
    ("rejected-by-another", "delayed-by-another"),
    _SOURCE.format("BH"),
)
CW_1 = Promise(
    "CW-1",
    "while the party that deferred work needs is down, what is answered at once is answered as ever",
    "safety",
    ("failed-with-the-deferred", "late-with-the-deferred"),
    _SOURCE.format("CW"),
)
CW_2 = Promise(
    "CW-2",
    "while a party that is asked at once is down, the answer is prompt and deferred work goes on",
    "safety",
    ("hangs-with-the-asked", "deferred-held-up"),
    _SOURCE.format("CW"),
)
CW_3 = Promise(
    "CW-3",
    "when all is healed, what was accepted has been done, once, and nothing else",
    "liveness",
    ("never-done", "done-twice", "done-for-nothing"),
    _SOURCE.format("CW"),
)
