"""The section of one subject on the page: its verdict, its promises, its counterexamples, and what was tried."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.certificate import PromiseResult, SubjectResult
from shaketable.history import History
from shaketable.report.page.counterexample import counterexample_html, story_anchor
from shaketable.report.page.coverage import landed_html, mutants_html, transitions_html
from shaketable.report.page.markup import Markup, anchor, element, join, scrolling
from shaketable.report.result_words import (
    never_reached_words,
    not_claimed_words,
    orders_words,
    reasons_for_unknown,
    search_words,
    verdict_word,
)
from shaketable.report.story.story import Story

Stories = Mapping[str, tuple[Story, History]]
"""By the counterexample's file name in the certificate."""


def subject_html(result: SubjectResult, stories: Stories, *, alone: bool) -> Markup:
    """Return the section; it is open unless the subject is certified. The first story of one that is `alone` is open too."""
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
        _promises(result, stories),
        *_counterexamples(result, stories, alone),
        *_unknown(result),
        *mutants_html(result.mutants),
        _tried(result),
        class_="body",
    )
    opened: dict[str, str] = {"open": ""} if word != "certified" else {}
    return element(
        "section", element("details", summary, body, **opened), class_="subject", id=subject_anchor(result)
    )


def subject_anchor(result: SubjectResult) -> str:
    """Return the id of the subject's section, for links."""
    return anchor("s", result.subject)


def badge(promise: PromiseResult, stories: Stories) -> Markup:
    """Return the verdict on a promise as a badge, a link to the first story that it rests on."""
    word = verdict_word(promise)
    told = next((example for example in promise.counterexamples if example.file in stories), None)
    if told is None:
        return element("span", word, class_=f"badge {word}")
    return element("a", word, class_=f"badge {word}", href=f"#{story_anchor(told)}")


def _spent(result: SubjectResult) -> str:
    spent = result.spent
    indeterminate = spent.ops - spent.ops_ok - spent.ops_refused
    ops = f"{spent.ops:,} ops ({spent.ops_ok:,} ok, {spent.ops_refused:,} refused, {indeterminate:,} indeterminate)"
    return f"{spent.runs:,} runs · {ops} · {spent.faults_landed:,} faults landed · {spent.seconds:.1f} s · {search_words(result)}"


def _promises(result: SubjectResult, stories: Stories) -> Markup:
    head = element(
        "tr",
        element("th", "promise"),
        element("th", "kind", class_="kind"),
        element("th", "verdict"),
        *(element("th", t, class_="n") for t in ("exercised", "runs")),
    )
    rows = [
        element(
            "tr",
            element("td", element("b", p.id), f" {p.title}"),
            element("td", p.kind, class_="quiet kind"),
            element("td", badge(p, stories)),
            element("td", f"{p.exercised:,}", class_="n"),
            element("td", f"{p.runs:,}", class_="n"),
        )
        for p in result.promises
    ]
    return scrolling("the promises", element("table", head, *rows, class_="promises"))


def _counterexamples(result: SubjectResult, stories: Stories, alone: bool) -> list[Markup]:
    examples = [c for p in result.promises for c in p.counterexamples if c.file in stories]
    if not examples:
        return []
    cards = [
        counterexample_html(*stories[c.file], c, result.world, opened=alone and n == 0)
        for n, c in enumerate(examples)
    ]
    return [element("h3", "What went wrong"), *cards]


def _tried(result: SubjectResult) -> Markup:
    """Fold up what the verdicts rest on: faults by place, transitions, what was declared."""
    return element(
        "details",
        element("summary", element("h3", "What was tried")),
        *landed_html(result),
        *_orders(result),
        *transitions_html(result),
        *_profile(result),
        class_="tried",
    )


def _orders(result: SubjectResult) -> list[Markup]:
    """Say how many runs were made in which orders."""
    words = orders_words(result)
    return [element("p", f"{words[0].upper()}{words[1:]}.", class_="quiet")] if words else []


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
        element("h4", f"Profile {result.profile.name}"),
        element("div", *knobs, class_="chips"),
        element("p", digest, class_="quiet"),
    ]
