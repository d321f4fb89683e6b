"""The roles of calls outside: ops that ask a third party while they are waited for, and ops that leave work for later."""

from __future__ import annotations

from shaketable.mapping.conditions import Where
from shaketable.mapping.roles import Call, Role, Value


class Guarded(Role, frozen=True, kw_only=True, tag="guarded"):
    """An op that asks a third party once, through a breaker and, with a `pool`, among so many at once.

    `of` names a request in the op as `call.of` does in what the third party recorded of it; `broken` are the records of calls that it
    answered by an error. An answer is `served` if it stands on that of the outside, and `instead` if it does without; such a one may say
    that the breaker is `open`, or the pool `full`.
    """

    op: str
    of: Value
    call: Call
    served: Where
    instead: Where
    broken: Where = {}
    open: Where = {}
    full: Where = {}
    pool: int = 0


class Elsewhere(Role, frozen=True, kw_only=True, tag="elsewhere"):
    """A call outside that no fallback may make; `call.of` names the request for which it is made."""

    call: Call


class Deferred(Role, frozen=True, kw_only=True, tag="deferred"):
    """An op whose ok answer accepts work that is done later, once, by the call `done`, whose `of` is that of the op."""

    op: str
    of: Value
    done: Call
