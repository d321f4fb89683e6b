"""The tables of the orders by two-phase commit that play the roles: what each participant does, and the coordinator's log."""

from __future__ import annotations

from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Becomes, Rows
from shaketable.profile import Profile
from shaketable_patterns.two_phase_commit.roles import Branch, Decision


def mapping(declared: Profile) -> Mapping:
    """Return who plays which role under a profile."""
    charges = Becomes(Rows("payment", "charges", ("order",)), of="col.order")
    reservations = Becomes(Rows("inventory", "reservations", ("order",)), of="col.order")
    return Mapping(
        (
            Branch(name="payment", does=charges, prepared_as="payment/{}"),
            Branch(name="inventory", does=reservations, prepared_as="inventory/{}"),
            Decision(
                rows=Rows("order", "orders", ("id",)),
                of="col.id",
                commit={"col.status": "CONFIRMED"},
                abort={"col.status": "CANCELLED"},
            ),
        ),
        settings=declared.knobs,
    )
