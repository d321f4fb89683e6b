"""The shop's gateway in the words of a gateway."""

from __future__ import annotations

from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Becomes, Role, Rows
from shaketable.profile import Profile
from shaketable_patterns.gateway.roles import Demand, Forwarded, Gateway, Membership, Upstream
from shaketable_patterns.shop_gateway.client import GATEWAY
from shaketable_patterns.shop_gateway.system import GATEWAYS
from shaketable_patterns.shop_gateway.tokens import kinds
from shaketable_patterns.shop_gateway.values import ROUTES, SMUGGLED, TOO_MUCH

SEEN = Rows("shop", "seen", ("id",))
_ROLES: tuple[Role, ...] = (
    Gateway(part=GATEWAY, replicas=GATEWAYS, store="redis"),
    *(Upstream(prefix=prefix, instances=instances) for prefix, instances in ROUTES.items()),
    Demand(
        op="send",
        of="field.request",
        path="{field.path}/{field.request}",
        user="field.user",
        good={
            "field.token": kinds(good=True),
            "field.headers": [words for words in SMUGGLED if words not in TOO_MUCH],
        },
        bad={"field.token": kinds(good=False)},
        once={"field.method": "POST"},
    ),
    Forwarded(
        seen=Becomes(rows=SEEN, of="col.request"),
        instance="col.instance",
        path="col.path",
        user="col.identity",
        via="col.via",
    ),
    Membership(op="list", instance="field.instance", listed={"field.listed": True}),
)


def mapping(declared: Profile) -> Mapping:
    """Return the mapping of every variant."""
    return Mapping(_ROLES, settings=declared.knobs)
