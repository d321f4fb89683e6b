"""The coverage of a search on the page: faults that landed by place, transitions reached, mutants killed."""

from __future__ import annotations

import math

from shaketable.boundary import Boundary
from shaketable.certificate import MutantResult, SubjectResult
from shaketable.fault import FAULT_TYPES, tag_of
from shaketable.report.page.markup import Markup, element, scrolling


def landed_html(result: SubjectResult) -> list[Markup]:
    """Show how often each fault landed at each place; a place that was never hit stands out."""
    if not result.landed and not result.boundaries:
        return []
    columns = sorted({(x.fault, x.leg) for x in result.landed})
    counts = {(x.place, x.fault, x.leg): x.count for x in result.landed}
    places = _places(result)
    head = element(
        "tr", element("th", "where"), *(element("th", element("span", _column(*c))) for c in columns)
    )
    most = max((x.count for x in result.landed), default=1)
    rows = [_row(place, columns, counts, most) for place in places]
    missed = sum(1 for place in places if not any((place, *c) in counts for c in columns))
    note = f"{len(places) - missed} of {len(places)} places were hit by at least one fault."
    table = scrolling("faults by place", element("table", head, *rows, class_="heat"))
    never = element("p", _never(result), class_="quiet")
    return [element("h4", "Faults that landed"), element("p", note, class_="quiet"), table, never]


def _never(result: SubjectResult) -> str:
    landed = {x.fault for x in result.landed}
    kinds = [tag_of(kind) for kind in FAULT_TYPES]
    left = [kind.replace("_", " ") for kind in kinds if kind not in landed]
    return (
        f"Never landed, so nothing is said of: {', '.join(left)}." if left else "Every kind of fault landed."
    )


def _places(result: SubjectResult) -> list[str]:
    """Return the routes of the fault-free run in order, then the links and services that were hit."""
    return list(dict.fromkeys([*map(_route, result.boundaries), *(x.place for x in result.landed)]))


def _route(boundary: str) -> str:
    try:
        return str(Boundary.parse(boundary).route)
    except ValueError:
        return boundary


def _column(fault: str, leg: str) -> str:
    return f"{fault.replace('_', ' ')} {leg}".strip()


def _row(
    place: str, columns: list[tuple[str, str]], counts: dict[tuple[str, str, str], int], most: int
) -> Markup:
    cells = []
    for fault, leg in columns:
        count = counts.get((place, fault, leg), 0)
        if not count:
            cells.append(element("td", class_="miss"))
            continue
        heat = 10 + round(34 * math.log1p(count) / math.log1p(most))
        cells.append(element("td", f"{count:,}", class_="hit", style=f"--h:{heat}%"))
    hit = any(counts.get((place, *column)) for column in columns)
    return element("tr", element("td", element("code", place)), *cells, class_="" if hit else "never")


def transitions_html(result: SubjectResult) -> list[Markup]:
    """Show how often each transition from state to state was reached."""
    if not result.transitions:
        return []
    chips = [element("code", f"{name} ×{count:,}") for name, count in sorted(result.transitions.items())]
    return [element("h4", "Transitions reached"), element("div", *chips, class_="chips")]


def mutants_html(mutants: tuple[MutantResult, ...]) -> list[Markup]:
    """Show which mutants were killed, by which promises, and how soon."""
    if not mutants:
        return []
    killed = sum(1 for m in mutants if m.runs_to_kill)
    head = element(
        "tr",
        *(element("th", t) for t in ("mutant", "must be killed by", "killed by")),
        *(element("th", t, class_="n") for t in ("runs to kill", "steps")),
    )
    share = element("i", "", style=f"width:{100 * killed // len(mutants)}%")
    return [
        element("h3", f"Mutants: {killed} of {len(mutants)} killed"),
        element("div", share, class_="bar"),
        scrolling("the mutants", element("table", head, *map(_mutant, mutants))),
    ]


def _mutant(mutant: MutantResult) -> Markup:
    alive = not mutant.runs_to_kill
    return element(
        "tr",
        element("td", element("code", mutant.name)),
        element("td", ", ".join(mutant.kills)),
        element("td", element("span", "alive", class_="surprise") if alive else ", ".join(mutant.killed_by)),
        element("td", "" if alive else f"{mutant.runs_to_kill:,}", class_="n"),
        element("td", "" if alive else str(mutant.schedule_steps), class_="n"),
    )
