"""Circuit breakers: adapters for the libraries of others, and our own.

`TEXTBOOK` is what Nygard's *Release It!* describes and all four libraries refer to: consecutive failures trip the
breaker, after a wait one trial call goes through, and that call alone decides. Each adapter states where the
library's documentation promises something else; where that says nothing, the textbook holds.
"""

TEXTBOOK: dict[str, str | int | float | bool] = {
    "trip_rule": "consecutive",
    "failure_threshold": 3,
    "compare": ">=",
    "window": "none",
    "window_size": 0,
    "minimum_calls": 0,
    "wait_ms": 10_000,
    "half_open_permits": 1,
    "half_open_limit": "one",
    "excess": "reject",
    "close_on": "first_success",
    "close_successes": 1,
    "stale": "ignore",
    "excluded": "nothing",
    "cancelled": "nothing",
    "late_failure_extends_open": False,
    "slow_rate_threshold": 0,
    "slow_call_ms": 0,
    "max_half_open_ms": 0,
    "leaves_open": "lazily",
    "wait_compare": ">=",
    "clock": "wall",
    "states_observable": True,
    "listeners": True,
}
