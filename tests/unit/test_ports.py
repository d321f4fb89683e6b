"""The ports stand twice, since a service imports nothing of the harness: what services ask for, a world has to offer."""

import inspect

import pytest

from shaketable import ports as offered
from shaketable_targets import ports as asked

ALIASES = {"Answer": "Response"}
"""The services' word for a protocol, where it differs from the harness's."""
ERRORS = {
    name
    for name, thing in vars(asked).items()
    if isinstance(thing, type) and issubclass(thing, Exception) and thing.__module__ == asked.__name__
}


def protocols() -> list[type]:
    found = [
        thing
        for thing in vars(asked).values()
        if getattr(thing, "_is_protocol", False) and thing.__module__ == asked.__name__
    ]
    assert len(found) > 8
    return found


def members(protocol: type) -> dict[str, str]:
    """Each member with its signature, in the words of the harness."""
    found = {}
    for name, member in vars(protocol).items():
        if not name.startswith("_"):
            said = str(inspect.signature(member.fget if isinstance(member, property) else member))
            for theirs, ours in ALIASES.items():
                said = said.replace(theirs, ours)
            found[name] = said
    return found


@pytest.mark.parametrize("protocol", protocols(), ids=lambda protocol: protocol.__name__)
def test_a_world_offers_each_port_that_the_services_ask_for(protocol):
    counterpart = getattr(offered, ALIASES.get(protocol.__name__, protocol.__name__))
    assert members(protocol)
    assert members(protocol).items() <= members(counterpart).items()


def test_each_error_that_the_services_know_is_one_that_a_world_can_raise():
    assert ERRORS
    assert {name for name in ERRORS if not hasattr(offered, name)} == set()
