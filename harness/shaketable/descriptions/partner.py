"""A third party as its description says it: routes, what it declines, keys it honours, and a ledger."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from urllib.parse import unquote

import msgspec

from shaketable.descriptions.description import PartnerText, RouteText
from shaketable.history import Json
from shaketable.mapping.conditions import holds
from shaketable.mapping.value_paths import Source, compiled, text
from shaketable.ports import Request, Response
from shaketable.subject import ExternalParty, Ledger


class Partner:
    """Answers requests by its routes and writes down what it did. It keeps its state for one run."""

    def __init__(self, declared: PartnerText, ledger: Ledger) -> None:
        self._routes = [_Route(route) for route in declared.routes]
        self._ledger = ledger
        self._answers: dict[tuple[str, str], Response] = {}
        self._faltered: Counter[tuple[str, str]] = Counter()

    def handle(self, request: Request) -> Response:
        """Answer 404 to a request that no route is for."""
        for route in self._routes:
            source = route.source_of(request)
            if source is not None:
                return self._answer(route, source)
        return Response(404, {"error": f"no route for {request.method} {request.path}"})

    def _answer(self, route: _Route, source: Source) -> Response:
        key = (route.declared.name, text(route.key(source)))
        stored = self._answers.get(key)
        if key[1] and stored is not None:
            return stored
        if (
            route.declared.falters
            and route.falters(source)
            and self._faltered[key] < route.declared.falters_times
        ):
            self._faltered[key] += 1
            return Response(route.declared.faltered, {"error": "try again"})
        if route.declared.declines and route.declines(source):
            answer = Response(route.declared.declined, {"error": "declined"})
        else:
            self._ledger.record(
                route.declared.name, {name: read(source) for name, read in route.keeps.items()}
            )
            answer = Response(route.declared.status, route.declared.answer)
        if key[1]:
            self._answers[key] = answer
        return answer


class _Call(msgspec.Struct, Source):
    body: Json
    headers: Mapping[str, str]
    field: Json


class _Route:
    def __init__(self, declared: RouteText) -> None:
        self.declared = declared
        self.key = compiled(declared.honours)
        self.declines = holds(declared.declines)
        self.falters = holds(declared.falters)
        self.keeps = {name: compiled(path) for name, path in declared.keeps.items()}
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(declared.path))
        self._path = re.compile(pattern)

    def source_of(self, request: Request) -> Source | None:
        """Return what the values of this route are read from; None for a request that it is not for."""
        found = self._path.fullmatch(request.path.partition("?")[0])
        if found is None or request.method != self.declared.method:
            return None
        headers = {name.lower(): value for name, value in request.headers.items()}
        return _Call(
            request.body, headers, {name: unquote(value) for name, value in found.groupdict().items()}
        )


def partner_of(declared: PartnerText) -> Callable[[Ledger], ExternalParty]:
    """Return what makes the partner for one run."""

    def make(ledger: Ledger) -> ExternalParty:
        return Partner(declared, ledger)

    return make
