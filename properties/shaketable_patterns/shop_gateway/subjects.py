"""Every shipped variant of the shop's gateway, with what it is known to break."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.subject import Expectation, Pattern, Subject
from shaketable_patterns.gateway.clauses import GATEWAY_RULES
from shaketable_patterns.order_system.judged_pattern import Trial, judged_pattern
from shaketable_patterns.shop_gateway import profile
from shaketable_patterns.shop_gateway.calibration import calibrate
from shaketable_patterns.shop_gateway.machine import machine_of
from shaketable_patterns.shop_gateway.mapping import mapping
from shaketable_patterns.shop_gateway.system import shop_gateway
from shaketable_patterns.shop_gateway.workload import troubled, workload
from shaketable_targets.shop_gateway.gateway import Gateway
from shaketable_targets.shop_gateway.mutants import MUTANTS

FAMILY = "shop-gateway"
HARDENED = f"{FAMILY}/hardened"
_ALL = frozenset(f"GW-{number}" for number in range(1, 8))


def subjects() -> list[Subject]:
    """Return them all, the hardened one first, in a fixed order."""
    return [subject_of(), *mutants()]


def mutants() -> Iterator[Subject]:
    """Yield the hardened one with one mistake each; each names the promises of which one must kill it."""
    for name, (mistake, kills) in MUTANTS.items():
        yield subject_of(mistake, name, kills)


def subject_of(make: type[Gateway] = Gateway, name: str = "", kills: tuple[str, ...] = ()) -> Subject:
    """Return the shop behind gateways that `make` makes: with the mistake `name`, if there is one."""
    summary = (make.__doc__ or "").partition("\n")[0]
    return Subject(
        name=f"{FAMILY}/mutant-{name}" if name else HARDENED,
        pattern=PATTERN,
        profile=profile.HARDENED,
        target=shop_gateway(make),
        expects=Expectation(may_break=_ALL) if name else Expectation(),
        summary=summary
        if name
        else "two instances: one reading of each path, PyJWT, a bucket in Redis, probes, a breaker a route",
        mutant_of=HARDENED if name else "",
        kills=kills,
    )


PATTERN: Pattern = judged_pattern(
    "gateway",
    mapping(profile.HARDENED),
    (GATEWAY_RULES,),
    Trial(machine_of, workload, calibrate, troubled),
)
