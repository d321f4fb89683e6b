"""JUnit XML for a CI's test report: a testcase for each promise of each subject. It fails if and only if the command does.

Exit 1 has a failure; any other exit but 0 an error; exit 0 neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

from shaketable.certificate import Certificate, PromiseResult, SubjectResult
from shaketable.report.printable import printable
from shaketable.report.story.story import Story
from shaketable.report.story.text import plain_story
from shaketable.verdict import Verdict


def dumps(certificate: Certificate, stories: Mapping[str, Story]) -> bytes:
    """Return the file's bytes; `stories` are keyed by the counterexample's `file`.

    A violated promise is a failure with its story; it is skipped, with its story, if the subject is known to break it. An
    unknown promise is an error, so that no report counts it as a pass; it is skipped where the subject's verdict is as
    expected. What else keeps the command from exit 0 is an error of its own: a surprise, an interruption, a fault.
    """
    root = ElementTree.Element("testsuites", name="shaketable")
    for result in certificate.subjects:
        _suite(root, result, stories)
    if problems := _problems(certificate):
        suite = ElementTree.SubElement(root, "testsuite", name="shaketable")
        for problem in problems:
            _error(suite, "shaketable", "everything was judged", problem)
        _count(suite)
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _problems(certificate: Certificate) -> list[str]:
    """Return why not everything was judged."""
    problems = ["it was interrupted"] if certificate.interrupted else []
    problems += certificate.faults
    return problems if problems or certificate.subjects else ["nothing was judged"]


def _suite(root: ElementTree.Element, result: SubjectResult, stories: Mapping[str, Story]) -> None:
    time = f"{result.spent.seconds:.3f}"
    suite = ElementTree.SubElement(root, "testsuite", name=printable(result.subject), time=time)
    for promise in result.promises:
        _case(suite, result, promise, stories)
    if (
        not result.as_expected
        and suite.find("testcase/failure") is None
        and suite.find("testcase/error") is None
    ):
        _error(suite, result.subject, "every verdict is the expected one", _joined(result.surprises))
    _count(suite)


def _count(suite: ElementTree.Element) -> None:
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(case.find(tag) is not None for case in suite)))
    suite.set("tests", str(len(suite)))


def _error(suite: ElementTree.Element, class_name: str, name: str, message: str) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=printable(class_name), name=name)
    ElementTree.SubElement(case, "error", message=printable(message))


def _joined(lines: Sequence[str]) -> str:
    return "; ".join(lines) or "something else was found than was expected"


def _case(
    suite: ElementTree.Element, result: SubjectResult, promise: PromiseResult, stories: Mapping[str, Story]
) -> None:
    name = printable(f"{promise.id} {promise.title}")
    case = ElementTree.SubElement(suite, "testcase", classname=printable(result.subject), name=name)
    if promise.verdict is Verdict.UNKNOWN:
        tag = "skipped" if result.as_expected else "error"
        ElementTree.SubElement(case, tag, message=printable(promise.reason or "never exercised"))
    known = promise.id in result.known
    for example in promise.counterexamples:
        finding = example.finding
        message = printable(f"{finding.anomaly}: {finding.message}")
        if known:
            told = ElementTree.SubElement(case, "skipped", message=f"it is known to break this: {message}")
        else:
            told = ElementTree.SubElement(case, "failure", type=finding.level, message=message)
        if example.file in stories:
            told.text = plain_story(stories[example.file])
    if promise.verdict is Verdict.VIOLATED and not promise.counterexamples:
        ElementTree.SubElement(case, "failure", type="VIOLATION", message="no counterexample was kept")
