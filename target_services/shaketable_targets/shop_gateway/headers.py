"""The headers of a request, whatever their case, and those that are passed on."""

from __future__ import annotations

from collections.abc import Mapping

REQUEST_ID, USER, VIA = "x-request-id", "x-user", "via"


def value_of(headers: Mapping[str, str], name: str) -> str:
    """Return the value of a header, "" without it; several are joined by commas, as RFC 9110, 5.3 says."""
    return ", ".join(value for one, value in headers.items() if one.lower() == name)


def folded(name: str) -> str:
    """Return a name as those servers know it that make variables of headers: `X_User` and `x-user` are one."""
    return name.lower().replace("_", "-")


def passed_on(headers: Mapping[str, str], user: str, gateway: str) -> dict[str, str]:
    """Return what an instance is told: nothing that a client said, but the id of its request."""
    return {REQUEST_ID: value_of(headers, REQUEST_ID), USER: user, VIA: gateway}
