"""The front in the words of calls outside."""

from __future__ import annotations

from shaketable.mapping.conditions import Where
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Call, Role
from shaketable.profile import Profile
from shaketable_patterns.guarded_calls.roles import Deferred, Elsewhere, Guarded
from shaketable_patterns.restaurant_front.outside import MIRROR
from shaketable_targets.restaurant_front.settings import COUPONS, GUIDE, MAILER, POOLS, STOCK


def _guarded(op: str, partner: str, served: Where) -> Guarded:
    return Guarded(
        op=op,
        of="field.request",
        call=Call(partner=partner, route="call", of="field.request"),
        broken={"field.status": 500},
        served=served,
        instead={"answer.body.why": ["failed", "open", "full"]},
        open={"answer.body.why": "open"},
        full={"answer.body.why": "full"},
        pool=POOLS[partner],
    )


_ROLES: tuple[Role, ...] = (
    _guarded("look", GUIDE, {"answer.body.source": GUIDE}),
    _guarded("coupon", COUPONS, {"answer.body.source": COUPONS}),
    _guarded("order", STOCK, {"answer.status": [201, 409]}),
    Elsewhere(call=Call(partner=MIRROR, route="call", of="field.request")),
    Deferred(op="order", of="field.request", done=Call(partner=MAILER, route="mail", of="field.order")),
)


def mapping(declared: Profile) -> Mapping:
    """Return the mapping of every variant."""
    return Mapping(_ROLES, settings=declared.knobs)
