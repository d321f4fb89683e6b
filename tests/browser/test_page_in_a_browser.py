"""The page in a real browser: on a phone and on a desk, light, dark and printed, with the keyboard, without an obstacle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import chromium
from tests.browser.pages import JUDGED, Judged

PHONE_PX, DESK_PX = 390, 1_400
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
LINE_MIN_PX = 220
"""A line of a story is at least this wide, on a phone too: about thirty letters."""
SUMMARY_PAGES_MAX = 8
KINDS = ("all", "one", "hostile")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    judged, folder = Judged(), tmp_path_factory.mktemp("pages")
    pages = {
        "all": judged.page_of(*JUDGED),
        "one": judged.page_of(JUDGED[0]),
        "hostile": judged.hostile_page(),
    }
    for kind, text in pages.items():
        (folder / f"{kind}.html").write_text(text)
    return {kind: folder / f"{kind}.html" for kind in pages}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def opened(
    browser: Browser,
    file: Path,
    width_px: int,
    scheme: Literal["light", "dark"] = "light",
    *,
    unfold: bool = False,
) -> Page:
    # The page's own policy forbids scripts; the browser may pass over it so that axe can run.
    context = browser.new_context(
        viewport={"width": width_px, "height": 900},
        color_scheme=scheme,
        bypass_csp=True,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(file.as_uri())
    if unfold:
        page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
    return page


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width_px", [PHONE_PX, DESK_PX])
def test_nothing_is_wider_than_the_screen(browser, files, kind, width_px):
    page = opened(browser, files[kind], width_px, unfold=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width_px
    page.context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_of_a_story_can_be_read_on_a_phone(browser, files, kind):
    page = opened(browser, files[kind], PHONE_PX, unfold=True)
    widths = page.eval_on_selector_all(".lines td.x", "cells => cells.map(cell => cell.clientWidth)")
    assert len(widths) > 50
    assert min(widths) >= LINE_MIN_PX
    page.context.close()


@pytest.mark.parametrize(
    ("kind", "width_px", "scheme"),
    [
        ("all", DESK_PX, "light"),
        ("one", PHONE_PX, "dark"),
        ("hostile", PHONE_PX, "light"),
        ("hostile", DESK_PX, "dark"),
    ],
)
def test_axe_finds_no_obstacle(browser, files, kind, width_px, scheme):
    page = opened(browser, files[kind], width_px, scheme, unfold=True)
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    told = [f"{v['id']} ({v['impact']}): {v['nodes'][0]['html'][:200]}" for v in found["violations"]]
    assert told == []
    page.context.close()


def test_axe_would_find_one(browser, tmp_path):
    (tmp_path / "bad.html").write_text(
        "<html><body><img src='x'><p style='color:#eee'>pale</p></body></html>"
    )
    page = opened(browser, tmp_path / "bad.html", DESK_PX)
    page.evaluate(AXE)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    assert {v["id"] for v in found["violations"]} >= {"image-alt", "color-contrast", "html-has-lang"}
    page.context.close()


@pytest.mark.parametrize("width_px", [PHONE_PX, DESK_PX])
def test_a_verdict_leads_to_its_story_and_unfolds_it(browser, files, width_px):
    page = opened(browser, files["all"], width_px)
    assert page.locator(".story[open]").count() == 0
    page.locator(".overview a.badge").first.click()
    story = page.locator(".story[open]")
    assert story.count() == 1
    assert story.locator(".lines").is_visible()
    top = story.evaluate("fold => fold.getBoundingClientRect().top")
    assert -900 < top < 900
    page.context.close()


def test_every_violated_verdict_is_such_a_link(browser, files):
    page = opened(browser, files["all"], DESK_PX)
    for place in (".overview", ".promises"):
        violated = page.locator(f"{place} .badge.violated")
        assert violated.count() > 3
        targets = violated.evaluate_all(
            "all => all.map(one => document.querySelector(one.getAttribute('href')))"
        )
        assert all(target is not None for target in targets)
    page.context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_printed_no_column_is_lost(browser, files, kind):
    page = opened(browser, files[kind], 720, unfold=True)  # what an A4 sheet has between its margins
    page.emulate_media(media="print")
    lost = page.evaluate(
        "[...document.querySelectorAll('td, th, svg, p, h2')].filter(e => e.getBoundingClientRect().right > 721)"
        ".map(e => e.outerHTML.slice(0, 120))"
    )
    assert lost == []
    page.context.close()


def test_printed_it_is_a_summary_until_stories_are_unfolded(browser, files):
    page = opened(browser, files["all"], DESK_PX)
    folded = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
    unfolded = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
    assert 0 < folded <= SUMMARY_PAGES_MAX < unfolded
    page.context.close()


def test_what_is_wider_than_a_phone_scrolls_with_the_keyboard(browser, files):
    page = opened(browser, files["one"], PHONE_PX, unfold=True)
    picture = page.locator(".picture").first
    picture.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.picture').scrollLeft > 0", timeout=5_000)
    page.context.close()
