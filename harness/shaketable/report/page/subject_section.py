"""The section of one subject on the page: its verdict, its promises, its counterexamples, and what was tried."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.certificate import PromiseResult, SubjectResult
from shaketable.history import History
from shaketable.report.page.counterexample import counterexample_html
from shaketable.report.page.coverage import landed_html, mutants_html, transitions_html
from shaketable.report.page.markup import Markup, element, join
from shaketable.report.result_words import (
    never_reached_words,
    not_claimed_words,
    reasons_for_unknown,
    search_words,
    verdict_word,
)
from shaketable.report.story.story import Story

Stories = Mapping[str, tuple[Story, History]]
"""By the counterexample's file name in the certificate."""


def subject_html(result: SubjectResult, stories: Stories) -> Markup:
    """Return the section; it is open unless the subject is certified."""
    word = result.verdict.name.lower()
    expected = element("span", "as expected", class_="quiet") if result.as_expected else element(
        "span", "surprise", class_="surprise"
    )  # fmt: skip
    summary = element(
        "summary",
        element("h2", result.subject),
        element("span", word, class_=f"badge {word}"),
        expected,
        element("span", _spent(result), class_="quiet right"),
    )
    body = element(
        "div",
        element("p", result.summary),
        *(element("p", s, class_="surprise") for s in result.surprises),
        _promises(result),
        *_counterexamples(result, stories),
        *_unknown(result),
        *landed_html(result),
        *transitions_html(result),
        *mutants_html(result.mutants),
        *_profile(result),
        class_="body",
    )
    opened: dict[str, str] = {"open": ""} if word != "certified" else {}
    return element(
        "section", element("details", summary, body, **opened), class_="subject", id=anchor(result)
    )


def anchor(result: SubjectResult) -> str:
    """Return the id of the subject's section, for links."""
    return "s-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in result.subject)


def badge(promise: PromiseResult) -> Markup:
    """Return the verdict on a promise as a badge."""
    word = verdict_word(promise)
    return element("span", word, class_=f"badge {word}")


def _spent(result: SubjectResult) -> str:
    spent = result.spent
    indeterminate = spent.ops - spent.ops_ok - spent.ops_refused
    ops = f"{spent.ops:,} ops ({spent.ops_ok:,} ok, {spent.ops_refused:,} refused, {indeterminate:,} indeterminate)"
    return f"{spent.runs:,} runs · {ops} · {spent.faults_landed:,} faults landed · {spent.seconds:.1f} s · {search_words(result)}"


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
            element("td", badge(p)),
            element("td", f"{p.exercised:,}", class_="n"),
            element("td", f"{p.runs:,}", class_="n"),
        )
        for p in result.promises
    ]
    return element("div", element("table", head, *rows), class_="scroll")


def _counterexamples(result: SubjectResult, stories: Stories) -> list[Markup]:
    examples = [c for p in result.promises for c in p.counterexamples]
    if not examples:
        return []
    cards = [counterexample_html(*stories[c.file], c, result.world) for c in examples if c.file in stories]
    return [element("h3", "What went wrong"), *cards]


def _unknown(result: SubjectResult) -> list[Markup]:
    """List what this certificate does not say, and why."""
    items = [f"What is declared does not fit: {c}" for c in result.calibration]
    items += [f"{', '.join(ids)}: {reason}" for reason, ids in reasons_for_unknown(result).items()]
    items += [*not_claimed_words(result), *never_reached_words(result)]
    items += [f"{n:,} runs count for nothing: {reason}" for reason, n in sorted(result.unknown_runs.items())]
    if not items:
        return []
    return [element("h3", "Unknown"), element("ul", *(element("li", item) for item in items))]


def _profile(result: SubjectResult) -> list[Markup]:
    """Show the declared knobs and the digest of the source that was judged."""
    knobs = [element("code", f"{knob} = {value}") for knob, value in sorted(result.profile.knobs.items())]
    digest = join("source ", element("code", result.digest[:16] or "unknown"))
    return [
        element("h3", f"Profile {result.profile.name}"),
        element("div", *knobs, class_="chips"),
        element("p", digest, class_="quiet"),
    ]
