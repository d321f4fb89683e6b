"""JUnit XML for a CI's test report: a testcase for each promise of each subject."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree

from shaketable.certificate import Certificate, PromiseResult, SubjectResult
from shaketable.report.printable import printable
from shaketable.report.story.story import Story
from shaketable.report.story.text import plain_story
from shaketable.verdict import Verdict


def dumps(certificate: Certificate, stories: Mapping[str, Story]) -> bytes:
    """Return the file's bytes; `stories` are keyed by the counterexample's `file`.

    A violated promise is a failure with its story, even if it was expected. An unknown promise is an error, so that no
    report counts it as a pass; it is skipped where the subject's verdict is as expected.
    """
    root = ElementTree.Element("testsuites", name="shaketable")
    for result in certificate.subjects:
        _suite(root, result, stories)
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _suite(root: ElementTree.Element, result: SubjectResult, stories: Mapping[str, Story]) -> None:
    verdicts = [p.verdict for p in result.promises]
    unknown = {"skipped": 0, "errors": 0} | {_unknown_count(result): verdicts.count(Verdict.UNKNOWN)}
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=printable(result.subject),
        tests=str(len(verdicts)),
        failures=str(verdicts.count(Verdict.VIOLATED)),
        errors=str(unknown["errors"]),
        skipped=str(unknown["skipped"]),
        time=f"{result.spent.seconds:.3f}",
    )
    for promise in result.promises:
        _case(suite, result, promise, stories)


def _unknown_count(result: SubjectResult) -> str:
    """Return the attribute in which JUnit counts the unknown promises of `result`."""
    return "skipped" if result.as_expected else "errors"


def _case(
    suite: ElementTree.Element, result: SubjectResult, promise: PromiseResult, stories: Mapping[str, Story]
) -> None:
    name = printable(f"{promise.id} {promise.title}")
    case = ElementTree.SubElement(suite, "testcase", classname=printable(result.subject), name=name)
    if promise.verdict is Verdict.UNKNOWN:
        tag = "skipped" if result.as_expected else "error"
        ElementTree.SubElement(case, tag, message=printable(promise.reason or "never exercised"))
    for example in promise.counterexamples:
        finding = example.finding
        message = printable(f"{finding.anomaly}: {finding.message}")
        failure = ElementTree.SubElement(case, "failure", type=finding.level, message=message)
        if example.file in stories:
            failure.text = plain_story(stories[example.file])
    if promise.verdict is Verdict.VIOLATED and not promise.counterexamples:
        ElementTree.SubElement(case, "failure", type="VIOLATION", message="no counterexample was kept")
