"""certificate.json: verdicts as words, strict reading, no contradiction."""

import json

import pytest
import report_samples as samples
from hypothesis import given
from hypothesis import strategies as st

from shaketable.errors import FileFormatError
from shaketable.report import certificate_file


def tree():
    return json.loads(certificate_file.dumps(samples.certificate()))


def encoded(changed) -> bytes:
    return json.dumps(changed).encode()


def test_a_certificate_comes_back_as_it_was():
    certificate = samples.certificate()
    data = certificate_file.dumps(certificate)
    assert certificate_file.loads(data) == certificate
    assert certificate_file.dumps(certificate_file.loads(data)) == data


def without(tree, *names):
    if isinstance(tree, dict):
        return {key: without(value, *names) for key, value in tree.items() if key not in names}
    return [without(item, *names) for item in tree] if isinstance(tree, list) else tree


def test_a_certificate_from_before_reasons_had_kinds_and_findings_ids_is_read():
    old = without(tree(), "reason_kind", "about", "cause")
    assert old != tree()
    read = certificate_file.loads(encoded(old))
    promises = [p for s in read.subjects for p in s.promises]
    assert {p.reason_kind for p in promises} == {""}
    assert {c.finding.about for p in promises for c in p.counterexamples} == {()}


def test_verdicts_are_words_at_every_level():
    top = tree()
    assert top["verdict"] == "violated"
    assert [s["verdict"] for s in top["subjects"]] == ["violated", "unknown"]
    assert [p["verdict"] for p in top["subjects"][0]["promises"]] == ["violated", "unknown"]


def test_a_verdict_that_does_not_follow_from_the_promises_is_refused():
    for forge in (
        lambda t: t.update(verdict="certified"),
        lambda t: t["subjects"][1].update(verdict="certified"),
    ):
        forged = tree()
        forge(forged)
        with pytest.raises(FileFormatError, match="contradicts itself"):
            certificate_file.loads(encoded(forged))


def test_an_unknown_field_is_refused_and_named():
    for place, name in (((), "extra"), (("subjects", 0, "spent"), r"subjects\[0\].spent.extra")):
        changed = tree()
        node = changed
        for step in place:
            node = node[step]
        node["extra"] = 1
        with pytest.raises(FileFormatError, match=f"unknown field '{name}'"):
            certificate_file.loads(encoded(changed))


@pytest.mark.parametrize(
    "bad",
    [
        b"", b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 200_000, b'{"format":"shaketable/certificate","version":1}',
        b'{"format":"shaketable/certificate","version":2}', b'{"format":{"a":[]},"version":NaN}',
        encoded(tree() | {"subjects": 3}), encoded(tree() | {"subjects": [3]}), encoded(tree() | {"verdict": 2}),
        encoded(tree() | {"interrupted": "no"}), certificate_file.dumps(samples.certificate())[:-40],
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_refused(bad):
    with pytest.raises(FileFormatError):
        certificate_file.loads(bad)


@given(st.binary(max_size=300) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["format", "version", "verdict", "subjects", "promises"]), inner),
    max_leaves=12,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_no_bytes_do_anything_but_read_or_be_refused(raw):
    with pytest.raises(FileFormatError):
        certificate_file.loads(raw)


def test_a_harness_fault_keeps_a_certificate_from_being_certified():
    import msgspec

    sound = samples.result("s", broken=False)
    promises = tuple(p for p in sound.promises if p.exercised)
    good = samples.certificate(msgspec.structs.replace(sound, promises=promises))
    assert good.verdict.name == "CERTIFIED"
    assert msgspec.structs.replace(good, faults=("t: its worker died",)).verdict.name == "UNKNOWN"
