"""report.html, JUnit XML and the generated test: complete, self-contained, and safe whatever a subject says."""

import ast
from html.parser import HTMLParser
from xml.etree import ElementTree

import msgspec
import report_samples as samples
from hypothesis import given
from hypothesis import strategies as st

from shaketable.report import junit, pytest_file
from shaketable.report.page import page as html
from shaketable.report.story.story import story_of
from shaketable.schedule import Do, Expected, Schedule, loads
from shaketable.verdict import Finding

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[2J\u202e&amp;</style>'
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text, self.attributes = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *a) for a in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *a) for a in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def page_of(*results, finding=None) -> str:
    certificate = samples.certificate(*results)
    story = story_of(
        samples.subject(), samples.saga_schedule(), samples.saga_history(), finding or samples.money_kept()
    )
    return html.page(certificate, {samples.example().file: (story, samples.saga_history())})


def test_the_page_holds_promises_stories_what_was_tried_and_what_is_unknown():
    text = " ".join(read(page_of()).text)
    for said in (
        "SG-1", "conservation", "violated", "unknown", "never exercised", "300 of its charge were never refunded",
        "charge order=o1 amount=300 key=k1", "payment>provider POST /charges", "no-refund", "1 of 2 killed",
        "PENDING -> CANCELLED ×40", "24 runs count for nothing", "900 ops", "Never landed, so nothing is said of: ", "20 of 20 replays failed the same way", "wait_ms = 10000",
    ):  # fmt: skip
        assert said in text, said


def test_the_page_needs_nothing_but_itself():
    reader = read(page_of())
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & set(reader.tags)
    for tag, name, value in reader.attributes:
        assert not name.startswith("on"), (tag, name)
        if name in {"href", "src"}:
            assert value.startswith(("#", "counterexamples/")), value
    assert "url(" not in page_of()
    assert "@import" not in page_of()


def test_whatever_a_subject_is_called_or_says_stays_text():
    finding = Finding("SG-1", EVIL, EVIL, (7,), "OFF-PROFILE", EVIL)
    evil = samples.result(
        EVIL, summary=EVIL, pattern=EVIL, surprises=(EVIL,), as_expected=False, calibration=(EVIL,),
        boundaries=(EVIL,), transitions={EVIL: 1}, unknown_runs={EVIL: 1}, world=EVIL,
    )  # fmt: skip
    page = page_of(evil, finding=finding)
    reader = read(page)
    assert "script" not in reader.tags
    assert "img" not in reader.tags
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert not any(name.startswith("on") for _, name, _ in reader.attributes)


@given(st.text(max_size=40))
def test_no_text_breaks_the_page(text):
    read(page_of(samples.result(text, summary=text, surprises=(text,))))


def test_junit_has_a_case_for_each_promise_with_the_story_in_it():
    certificate = samples.certificate()
    story = story_of(samples.subject(), samples.saga_schedule(), samples.saga_history(), samples.money_kept())
    root = ElementTree.fromstring(junit.dumps(certificate, {samples.example().file: story}))
    suites = root.findall("testsuite")
    assert [(s.get("name"), s.get("tests"), s.get("failures"), s.get("skipped")) for s in suites] == [
        ("order-saga/as_listed", "2", "1", "1"),
        ("order-saga/hardened", "2", "0", "1"),
    ]
    failure = suites[0].find("testcase/failure")
    assert failure.get("message").startswith("money_kept")
    assert "charge order=o1" in failure.text


def test_what_is_unknown_and_should_be_known_is_an_error_and_no_skip_in_junit():
    result = msgspec.structs.replace(samples.result(), as_expected=False)
    (suite,) = ElementTree.fromstring(junit.dumps(samples.certificate(result), {})).findall("testsuite")
    assert (suite.get("errors"), suite.get("skipped")) == ("1", "0")
    assert suite.find("testcase/error").get("message")
    assert suite.find("testcase/skipped") is None


@given(st.text(max_size=30))
def test_no_text_breaks_junit(text):
    finding = Finding("SG-1", text, text, (7,))
    result = samples.result(text)
    example = msgspec.structs.replace(samples.example(), finding=finding)
    promise = msgspec.structs.replace(result.promises[0], counterexamples=(example,), title=text)
    certificate = samples.certificate(msgspec.structs.replace(result, promises=(promise,)))
    story = story_of(samples.subject(text), samples.saga_schedule(), samples.saga_history(), finding)
    ElementTree.fromstring(junit.dumps(certificate, {example.file: story}))


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_generated_test_holds_its_schedule_whatever_is_in_it(text, name):
    schedule = Schedule(name, (Do("place", {"x": text, '"""': "'''"}),), 3, Expected('SG-1"""', text))
    tree = ast.parse(pytest_file.source(schedule, ("mine:factory",)))
    value = next(n.value for n in tree.body if isinstance(n, ast.Assign))
    assert loads(ast.literal_eval(value).encode()) == schedule
    tests = [n.name for n in tree.body if isinstance(n, ast.FunctionDef)]
    assert len(tests) == 1
    assert tests[0].startswith("test_")
