"""report.html: one page, made from the certificate and its stories, that needs nothing else to be read."""

from __future__ import annotations

import math
from collections.abc import Mapping

from shaketable.certificate import Certificate, PromiseResult, SubjectResult
from shaketable.history import History
from shaketable.report.console import summary_line, word_for
from shaketable.report.page.counterexample import story_html
from shaketable.report.page.coverage import (
    landed_html,
    mutants_html,
    profile_html,
    transitions_html,
    unknown_html,
)
from shaketable.report.page.markup import Markup, element, join
from shaketable.report.page.style import STYLE
from shaketable.report.story.rate_words import where_words
from shaketable.report.story.story import Story

Stories = Mapping[str, tuple[Story, History]]
"""By the counterexample's file name in the certificate."""

# The page may show only what it carries: no script, no fetch, whatever a subject's text says.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(certificate: Certificate, stories: Stories) -> str:
    """The whole page; every text of a subject is escaped."""
    sections = [_subject(result, stories) for result in certificate.subjects]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("title", f"shaketable: {certificate.verdict.name.lower()}"),
        element("style", Markup(STYLE)),
    )
    body = element(
        "body", _header(certificate), element("main", *_overview(certificate), *sections, _footer())
    )
    return "<!doctype html>\n" + element("html", head, body, lang="en") + "\n"


def _header(certificate: Certificate) -> Markup:
    word = certificate.verdict.name.lower()
    meta = [
        f"shaketable {certificate.shaketable}",
        f"Python {certificate.python}",
        f"revision {certificate.revision[:12] or 'unknown'}",
    ]
    return element(
        "header",
        element(
            "div",
            element("div", "certificate of a shake table", class_="kicker"),
            element("h1", str(summary_line(certificate))),
            element("div", element("span", word, class_=f"badge big {word}"), style="margin-top:12px"),
            element("div", *_figures(certificate), class_="figures"),
            element(
                "div",
                *(element("span", m) for m in meta),
                element("code", certificate.command),
                class_="meta",
            ),
            _strip(certificate),
        ),
    )


def _figures(certificate: Certificate) -> list[Markup]:
    subjects = certificate.subjects
    promises = [p for s in subjects for p in s.promises]
    mutants = [m for s in subjects for m in s.mutants]
    figures = [
        (f"{sum(s.spent.runs for s in subjects):,}", "runs"),
        (f"{sum(s.spent.faults_landed for s in subjects):,}", "faults landed"),
        (f"{len(promises)}", "promises judged"),
        (f"{sum(len(p.counterexamples) for p in promises)}", "counterexamples"),
    ]
    if mutants:
        figures.append((f"{sum(1 for m in mutants if m.runs_to_kill)} of {len(mutants)}", "mutants killed"))
    return [element("div", element("b", n), element("span", what)) for n, what in figures]


def _strip(certificate: Certificate) -> Markup:
    """A bar a promise, as on a seismograph: its height is how often it was put to the test."""
    bars: list[Markup] = []
    x = 0
    for result in certificate.subjects:
        for promise in result.promises:
            height = min(30.0, 2 + 5.5 * math.log10(1 + promise.exercised))
            title = f"{result.subject} {promise.id} {promise.title}: {word_for(promise)}, exercised {promise.exercised:,} times"
            bars.append(
                element(
                    "rect", element("title", title), x=x, y=f"{32 - height:.1f}", width=5,
                    height=f"{2 * height:.1f}", rx=2, class_=word_for(promise),
                )
            )  # fmt: skip
            x += 8
        x += 14
    width = max(x, 1)
    base = element("line", x1=0, x2=width, y1=32, y2=32, class_="base")
    return element(
        "svg", base, *bars, class_="strip", viewBox=f"0 0 {width} 64", role="img",
        preserveAspectRatio="xMinYMid meet", aria_label="how often each promise was exercised",
    )  # fmt: skip


def _overview(certificate: Certificate) -> list[Markup]:
    groups: dict[str, list[SubjectResult]] = {}
    for result in certificate.subjects:
        groups.setdefault(result.pattern, []).append(result)
    return [part for pattern, results in groups.items() for part in _group(pattern, results)]


def _group(pattern: str, results: list[SubjectResult]) -> list[Markup]:
    titles = {p.id: p.title for result in results for p in result.promises}
    links = [element("a", r.subject.rpartition("/")[2] or r.subject, href=f"#{_anchor(r)}") for r in results]
    head = element("tr", element("th", "promise"), *(element("th", link) for link in links))
    rows = [
        element("tr", element("td", f"{id_} {title}"), *(element("td", _cell(r, id_)) for r in results))
        for id_, title in titles.items()
    ]
    table = element("table", head, *rows, class_="overview")
    return [element("h3", pattern), element("div", table, class_="scroll")]


def _cell(result: SubjectResult, promise_id: str) -> Markup:
    found = next((p for p in result.promises if p.id == promise_id), None)
    return element("span", "–", class_="quiet") if found is None else _badge(found)


def _badge(promise: PromiseResult) -> Markup:
    word = word_for(promise)
    return element("span", word, class_=f"badge {word}")


def _anchor(result: SubjectResult) -> str:
    return "s-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in result.subject)


def _subject(result: SubjectResult, stories: Stories) -> Markup:
    word = result.verdict.name.lower()
    expected = element("span", "as expected", class_="quiet") if result.as_expected else element(
        "span", "surprise", class_="surprise"
    )  # fmt: skip
    spent = result.spent
    unsure = spent.ops - spent.ops_ok - spent.ops_refused
    ops = f"{spent.ops:,} ops ({spent.ops_ok:,} ok, {spent.ops_refused:,} refused, {unsure:,} nobody knows)"
    said = f"{spent.runs:,} runs · {ops} · {spent.faults_landed:,} faults landed · {spent.seconds:.1f} s · {where_words(result)}"
    summary = element(
        "summary",
        element("h2", result.subject),
        element("span", word, class_=f"badge {word}"),
        expected,
        element("span", said, class_="quiet right"),
    )
    body = element(
        "div",
        element("p", result.summary),
        *(element("p", s, class_="surprise") for s in result.surprises),
        _promises(result),
        *_stories(result, stories),
        *unknown_html(result),
        *landed_html(result),
        *transitions_html(result),
        *mutants_html(result.mutants),
        *profile_html(result),
        class_="body",
    )
    opened: dict[str, str] = {"open": ""} if word != "certified" else {}
    return element(
        "section", element("details", summary, body, **opened), class_="subject", id=_anchor(result)
    )


def _promises(result: SubjectResult) -> Markup:
    head = element(
        "tr",
        *(element("th", t) for t in ("promise", "kind", "verdict")),
        *(element("th", t, class_="n") for t in ("exercised", "runs")),
    )
    rows = [
        element(
            "tr",
            element("td", element("b", p.id), f" {p.title}"),
            element("td", p.kind, class_="quiet"),
            element("td", _badge(p)),
            element("td", f"{p.exercised:,}", class_="n"),
            element("td", f"{p.runs:,}", class_="n"),
        )
        for p in result.promises
    ]
    return element("div", element("table", head, *rows), class_="scroll")


def _stories(result: SubjectResult, stories: Stories) -> list[Markup]:
    examples = [c for p in result.promises for c in p.counterexamples]
    if not examples:
        return []
    cards = [story_html(*stories[c.file], c, result.world) for c in examples if c.file in stories]
    return [element("h3", "What went wrong"), *cards]


def _footer() -> Markup:
    text = "Each story can be run again from its file, and "
    return element(
        "footer", join(text, element("code", "shaketable verify"), " judges the stored histories again.")
    )
