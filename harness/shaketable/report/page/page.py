"""report.html: one self-contained page, made from the certificate and its stories."""

from __future__ import annotations

import math

from shaketable.certificate import Certificate, SubjectResult
from shaketable.report.console import summary_line
from shaketable.report.page.markup import Markup, element, join, scrolling
from shaketable.report.page.style import STYLE
from shaketable.report.page.subject_section import Stories, badge, subject_anchor, subject_html
from shaketable.report.result_words import verdict_word

# The browser runs no script and fetches nothing, whatever a subject's text says.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(certificate: Certificate, stories: Stories) -> str:
    """Return the page; every text of a subject is escaped."""
    alone = len(certificate.subjects) == 1
    sections = [subject_html(result, stories, alone=alone) for result in certificate.subjects]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("title", f"shaketable: {certificate.verdict.name.lower()}"),
        element("style", Markup(STYLE)),
    )
    body = element(
        "body", _header(certificate), element("main", *_overview(certificate, stories), *sections), _footer()
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
    return [element("div", element("b", n), element("span", label)) for n, label in figures]


def _strip(certificate: Certificate) -> Markup:
    """Draw one bar a promise, as on a seismograph: its height grows with how often the promise was exercised."""
    bars: list[Markup] = []
    x = 0
    for result in certificate.subjects:
        for promise in result.promises:
            height = min(30.0, 2 + 5.5 * math.log10(1 + promise.exercised))
            title = f"{result.subject} {promise.id} {promise.title}: {verdict_word(promise)}, exercised {promise.exercised:,} times"
            bars.append(
                element(
                    "rect", element("title", title), x=x, y=f"{32 - height:.1f}", width=5,
                    height=f"{2 * height:.1f}", rx=2, class_=verdict_word(promise),
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


def _overview(certificate: Certificate, stories: Stories) -> list[Markup]:
    groups: dict[str, list[SubjectResult]] = {}
    for result in certificate.subjects:
        groups.setdefault(result.pattern, []).append(result)
    return [part for pattern, results in groups.items() for part in _group(pattern, results, stories)]


def _group(pattern: str, results: list[SubjectResult], stories: Stories) -> list[Markup]:
    titles = {p.id: p.title for result in results for p in result.promises}
    links = [
        element("a", r.subject.rpartition("/")[2] or r.subject, href=f"#{subject_anchor(r)}") for r in results
    ]
    head = element("tr", element("th", "promise"), *(element("th", link) for link in links))
    rows = [
        element(
            "tr", element("td", f"{id_} {title}"), *(element("td", _cell(r, id_, stories)) for r in results)
        )
        for id_, title in titles.items()
    ]
    table = element("table", head, *rows, class_="overview")
    return [element("h2", pattern, class_="part"), scrolling(f"verdicts on {pattern}", table)]


def _cell(result: SubjectResult, promise_id: str, stories: Stories) -> Markup:
    found = next((p for p in result.promises if p.id == promise_id), None)
    return element("span", "–", class_="quiet") if found is None else badge(found, stories)


def _footer() -> Markup:
    text = "Each story can be run again from its file, and "
    return element(
        "footer", join(text, element("code", "shaketable verify"), " judges the stored histories again.")
    )
