"""Kinds of tampering with a certificate, each by a forger who knows the format: every one is noticed.

`careless` ones change a file and leave the rest. `careful` ones make the page, the JUnit file and the manifest anew, so that
only evidence speaks against them. What evidence cannot tell takes the runs made again (`reproduce`), or the digest that was
kept (`expect`), or the signature (`key`).
"""

import json
import shutil

import msgspec
import pytest
from click.testing import CliRunner

from shaketable.certificate import Certificate
from shaketable.cli import main
from shaketable.cli.subjects import from_spec
from shaketable.report import certificate_file, certificate_folder, history_file, junit, manifest
from shaketable.report.data_file import sha256
from shaketable.report.page.page import page
from shaketable.report.story.stories import stories_of

SPECS = ("jar_subject:broken", "jar_subject:sound")
GIVEN = [word for spec in SPECS for word in ("--subject", spec)]
PRIVATE, PUBLIC = "private.pem", "public.pem"


def keys(folder):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / PRIVATE).write_bytes(pem)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / PUBLIC).write_bytes(public)


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    place = tmp_path_factory.mktemp("tampering")
    keys(place)
    done = CliRunner().invoke(
        main,
        ["certify", *SPECS, "--runs", "20", "--out", str(place / "out"), "--sign", str(place / PRIVATE)],
    )
    assert done.exit_code == 1, done.output
    (place / "root").write_text(
        next(w.split()[1] for w in done.stdout.splitlines() if w.startswith("digest"))
    )
    return place


@pytest.fixture
def out(certified, tmp_path):
    shutil.copytree(certified / "out", tmp_path / "out")
    return tmp_path / "out"


def verify(out, *options):
    return CliRunner().invoke(main, ["verify", str(out), *GIVEN, *options])


def options_for(certified, means):
    return {
        "": [],
        "reproduce": ["--reproduce", "1"],
        "expect": ["--expect", (certified / "root").read_text()],
        "key": ["--key", str(certified / PUBLIC)],
    }[means]


# Careless: a file is changed, and the manifest is not.


def appended(name):
    def tamper(out):
        path = out / name
        path.write_bytes(path.read_bytes() + b"\n")

    return tamper


def removed(name):
    def tamper(out):
        (out / name).unlink()

    return tamper


def replaced(name, old, new):
    def tamper(out):
        path = out / name
        assert old in path.read_bytes()
        path.write_bytes(path.read_bytes().replace(old, new))

    return tamper


def example_file(out, suffix):
    return next(p for p in (out / "counterexamples").iterdir() if p.name.endswith(suffix))


def history_of_another(out):
    path = example_file(out, ".history.jsonl")
    path.write_bytes(path.read_bytes().replace(b'"coins":-', b'"coins":'))


def schedule_emptied(out):
    example_file(out, "overdrawn.json").write_bytes(b"{}")


def history_as_link(out):
    path = example_file(out, ".history.jsonl")
    path.rename(out.parent / "elsewhere")
    path.symlink_to("/dev/zero")


def another_counterexample(out):
    shutil.copy(example_file(out, "overdrawn.json"), out / "counterexamples" / "another.json")


def signature_of_something_else(out):
    (out / manifest.SIGNATURE).write_bytes(b"\0" * 64)


CARELESS = {
    "the page is edited": (replaced("report.html", b"violated", b"certified"), ""),
    "the page is removed": (removed("report.html"), ""),
    "the junit file is edited": (replaced("junit.xml", b"<failure", b"<skipped"), ""),
    "the junit file is removed": (removed("junit.xml"), ""),
    "the certificate's verdicts are edited": (
        replaced("certificate.json", b'"violated"', b'"certified"'),
        "",
    ),
    "a number in the certificate is edited": (replaced("certificate.json", b'"runs": 20', b'"runs": 90'), ""),
    "the certificate has another line break": (appended("certificate.json"), ""),
    "the manifest is removed": (removed("manifest.json"), ""),
    "the manifest is another": (replaced("manifest.json", b"report.html", b"report.htm"), ""),
    "the manifest is no JSON": (lambda out: (out / "manifest.json").write_bytes(b"\xe9"), ""),
    "the manifest is a folder": (
        lambda out: ((out / "manifest.json").unlink(), (out / "manifest.json").mkdir()),
        "",
    ),
    "a history is edited": (history_of_another, ""),
    "a history leads to a device": (history_as_link, ""),
    "a schedule is emptied": (schedule_emptied, ""),
    "a counterexample is put in": (another_counterexample, ""),
    "the signature is removed": (removed("manifest.sig"), "key"),
    "the signature is another": (signature_of_something_else, "key"),
    "the manifest is laid out anew": (appended("manifest.json"), "key"),
    "the folder has another digest": (appended("manifest.json"), "expect"),
}


# Careful: everything that follows from the certificate is made anew.


def sealed(out, tree):
    """Write `tree` as the certificate, and all that is made from it."""
    certificate = msgspec.convert(tree, Certificate)
    histories = {
        path.name.removesuffix(".history.jsonl"): history_file.loads(path.read_bytes())[1]
        for path in (out / "counterexamples").glob("*.history.jsonl")
    }
    known = {s.name: s for s in map(from_spec, SPECS)}
    named = [s for s in certificate.subjects if s.subject in known]
    stories = stories_of(msgspec.structs.replace(certificate, subjects=tuple(named)), known, histories)
    text = page(certificate, {file: (story, histories[file]) for file, story in stories.items()})
    (out / "certificate.json").write_bytes(certificate_file.dumps(certificate))
    (out / "report.html").write_bytes(certificate_folder.page_bytes(text))
    (out / "junit.xml").write_bytes(junit.dumps(certificate, stories))
    seal(out)


def seal(out):
    files = {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and path.name not in {"manifest.json", "manifest.sig"}
    }
    (out / "manifest.json").write_bytes(manifest.dumps(files))


def forged(edit):
    def tamper(out):
        tree = msgspec.to_builtins(certificate_file.load(out / "certificate.json"))
        tree = msgspec.json.decode(msgspec.json.encode(tree))
        edit(tree, out)
        sealed(out, tree)

    return tamper


def promise(tree, subject=0, n=0):
    return tree["subjects"][subject]["promises"][n]


def drop_files(out):
    for path in (out / "counterexamples").iterdir():
        path.unlink()


def acquit(tree, out):
    promise(tree)["verdict"] = 0
    promise(tree)["counterexamples"] = []
    tree["subjects"][0] |= {"surprises": [], "as_expected": True}
    drop_files(out)


def acquit_in_its_batch_too(tree, out):
    acquit(tree, out)
    tree["subjects"][0]["batches"][0]["counts"]["broken"] = {}


def acquit_as_withdrawn(tree, out):
    acquit(tree, out)
    tree["subjects"][0]["withdrawn"] = {"JR-1 overdrawn": "other runs contradict it"}


def acquit_and_keep_the_surprise(tree, out):
    promise(tree)["verdict"] = 0
    promise(tree)["counterexamples"] = []
    drop_files(out)


def call_it_certified(tree, out):
    promise(tree)["verdict"] = 0


def call_it_unknown(tree, out):
    promise(tree)["verdict"] = 1
    promise(tree)["counterexamples"] = []
    drop_files(out)


def drop_the_promise(tree, out):
    del tree["subjects"][0]["promises"][0]
    tree["subjects"][0] |= {"surprises": [], "as_expected": True}
    drop_files(out)


def drop_all_promises(tree, out):
    tree["subjects"][1]["promises"] = []


def say_it_twice(tree, out):
    tree["subjects"][1]["promises"].append(promise(tree, 1, 1))


def invent_a_promise(tree, out):
    tree["subjects"][1]["promises"].append(promise(tree, 1, 1) | {"id": "JR-9"})


def rename_the_promise(tree, out):
    promise(tree, 1)["title"] = "the jar is never overdrawn, nor stolen"


def make_it_liveness(tree, out):
    promise(tree, 1)["kind"] = "liveness"


def put(key, value, *, subject=1, n=None):
    def edit(tree, out):
        target = tree["subjects"][subject] if n is None else promise(tree, subject, n)
        assert key in target
        target[key] = value

    return edit


def spent(key, more):
    def edit(tree, out):
        tree["subjects"][1]["spent"][key] += more

    return edit


def example(**changes):
    def edit(tree, out):
        promise(tree)["counterexamples"][0] |= changes

    return edit


def finding(**changes):
    def edit(tree, out):
        promise(tree)["counterexamples"][0]["finding"] |= changes

    return edit


def soften(tree, out):
    finding(level="LIMIT")(tree, out)


def another_history(tree, out):
    path = example_file(out, ".history.jsonl")
    data = path.read_bytes().replace(b'"coins":-', b'"coins":')
    path.write_bytes(data)
    example(history_sha256=sha256(data))(tree, out)


def history_cut_short(tree, out):
    path = example_file(out, ".history.jsonl")
    data = b"".join(path.read_bytes().splitlines(keepends=True)[:-1])
    path.write_bytes(data)
    example(history_sha256=sha256(data))(tree, out)


def longer_schedule(tree, out):
    one = promise(tree)["counterexamples"][0]
    one["schedule"]["steps"] += [{"step": "wait", "ms": 10}]
    schedule = json.loads(example_file(out, "overdrawn.json").read_bytes())
    schedule["schedule"]["steps"] += [{"step": "wait", "ms": 10}]
    path = example_file(out, "overdrawn.json")
    path.write_bytes(msgspec.json.encode(schedule))
    one["sha256"] = sha256(path.read_bytes())


def under_another_file(tree, out):
    example(file="another")(tree, out)
    for path in list((out / "counterexamples").iterdir()):
        path.rename(path.with_name(path.name.replace("jar-broken--jr-1--overdrawn", "another")))


def batch(**changes):
    def edit(tree, out):
        tree["subjects"][1]["batches"][0] |= changes

    return edit


def exercised_more(tree, out):
    promise(tree, 1)["exercised"] += 1_000


def exercised_more_everywhere(tree, out):
    promise(tree, 1)["exercised"] += 1_000
    tree["subjects"][1]["batches"][0]["counts"]["exercised"]["JR-1"] += 1_000


def more_runs_everywhere(tree, out):
    result = tree["subjects"][1]
    result["spent"]["runs"] += 1
    result["batches"][0]["counts"]["runs"] += 1


def no_batches(tree, out):
    tree["subjects"][1]["batches"] = []


def invent_a_mutant(tree, out):
    killed = {"name": "jar/mutant", "kills": ["JR-1"], "killed_by": ["JR-1"], "runs_to_kill": 3}
    tree["subjects"][1]["mutants"] = [killed]


def drop_the_subject(tree, out):
    del tree["subjects"][0]
    drop_files(out)


def judge_it_twice(tree, out):
    tree["subjects"].append(tree["subjects"][1])


def without_interruption(tree, out):
    tree["command"] = "shaketable certify jar_subject:sound --runs 100000"


def page_only(out):
    path = out / "report.html"
    path.write_bytes(path.read_bytes().replace(b"violated", b"certified"))
    seal(out)


def junit_only(out):
    path = out / "junit.xml"
    path.write_bytes(path.read_bytes().replace(b"overdrawn", b"underdrawn"))
    seal(out)


CAREFUL = {
    "a violated promise is certified, its counterexample removed": (forged(acquit), ""),
    "the same, and no batch showed it": (forged(acquit_in_its_batch_too), "reproduce"),
    "the same, as what was withdrawn": (forged(acquit_as_withdrawn), ""),
    "the same, and the surprise is left": (forged(acquit_and_keep_the_surprise), ""),
    "a violated promise is certified beside its counterexample": (forged(call_it_certified), ""),
    "a violated promise is unknown": (forged(call_it_unknown), ""),
    "a certified promise is violated": (forged(put("verdict", 2, n=0)), ""),
    "the violated promise is dropped": (forged(drop_the_promise), ""),
    "all promises are dropped": (forged(drop_all_promises), ""),
    "a promise is judged twice": (forged(say_it_twice), ""),
    "a promise is invented": (forged(invent_a_promise), ""),
    "a promise has another title": (forged(rename_the_promise), ""),
    "a promise is of another kind": (forged(make_it_liveness), ""),
    "a certified promise was never exercised": (forged(put("exercised", 0, n=0)), ""),
    "a certified promise was judged in no run": (forged(put("runs", 0, n=0)), ""),
    "a certified promise was judged in two runs": (forged(put("runs", 2, n=0)), ""),
    "a certified promise has a reason to be unknown": (forged(put("reason", "busy", n=0)), ""),
    "a clause was exercised more often than its promise": (forged(put("clauses", {"all": 9_999}, n=0)), ""),
    "calibration speaks against a certified promise": (forged(put("calibration", ["no"])), ""),
    "another summary": (forged(put("summary", "a jar of gold")), ""),
    "another pattern": (forged(put("pattern", "saga")), ""),
    "another profile": (forged(put("profile", {"name": "jar", "knobs": {"coins_max": 9}})), ""),
    "another source": (forged(put("digest", "0" * 64)), ""),
    "another seed": (forged(put("seed", 1)), "reproduce"),
    "another world": (forged(put("world", "processes")), "reproduce"),
    "other boundaries": (forged(put("boundaries", ["client>jar PUT #1"])), "reproduce"),
    "as expected, with a surprise": (forged(put("as_expected", True, subject=0)), ""),
    "a surprise is left out": (forged(put("surprises", [], subject=0)), ""),
    "clauses are not claimed": (
        forged(put("not_claimed", [{"promise": "JR-1", "clause": "all", "missing": ["a lid"]}])),
        "",
    ),
    "more runs were made": (forged(spent("runs", 100)), ""),
    "more faults landed": (forged(spent("faults_landed", 100)), ""),
    "more ops were made": (forged(spent("ops", 100)), ""),
    "runs count for nothing": (forged(put("unknown_runs", {"no op completed": 2})), ""),
    "a promise was exercised more often": (forged(exercised_more), ""),
    "the same in its batch too": (forged(exercised_more_everywhere), "reproduce"),
    "one more run in its batch too": (forged(more_runs_everywhere), "reproduce"),
    "batches are left out": (forged(no_batches), ""),
    "a batch shows other judgements": (forged(batch(judgements_sha256="0" * 64)), "reproduce"),
    "a batch has other histories": (forged(batch(histories_sha256="0" * 64)), "reproduce"),
    "a mutant is invented": (forged(invent_a_mutant), ""),
    "a finding is softened": (forged(soften), ""),
    "a finding is told otherwise": (forged(finding(message="the jar is nearly empty")), ""),
    "a finding is of other events": (forged(finding(witness=[0])), ""),
    "a finding is of another anomaly": (forged(finding(anomaly="dusty")), ""),
    "a story was shown more often than it was run": (forged(example(reproduced=99)), ""),
    "a story was found after the last run": (forged(example(found_after_runs=99)), ""),
    "a story was confirmed by no run": (
        forged(
            example(
                confirmations=[{"world": "processes", "reproduced": 0, "runs": 5, "outcome": "confirmed"}]
            )
        ),
        "",
    ),
    "a history does not show it": (forged(another_history), ""),
    "a history is cut short": (forged(history_cut_short), "reproduce"),
    "a schedule gives another history": (forged(longer_schedule), "reproduce"),
    "a counterexample is under another file": (forged(under_another_file), ""),
    "a subject is judged twice": (forged(judge_it_twice), ""),
    "the page alone is made anew": (page_only, ""),
    "the junit file alone is made anew": (junit_only, ""),
    "the violated subject is dropped, kept digest": (forged(drop_the_subject), "expect"),
    "the violated subject is dropped, signature": (forged(drop_the_subject), "key"),
    "another command, kept digest": (forged(without_interruption), "expect"),
    "more time was spent, signature": (forged(spent("seconds", 3_600)), "key"),
    "it was made by another judge": (
        forged(lambda tree, out: tree.update(judge="0" * 64)),
        "",
    ),
}

assert len(CARELESS) + len(CAREFUL) >= 40


def test_the_genuine_certificate_passes_by_every_means(out, certified):
    for means in ("", "reproduce", "expect", "key"):
        done = verify(out, *options_for(certified, means))
        assert done.exit_code == 0, (means, done.output)


def test_a_certificate_that_is_made_anew_without_a_change_passes(out):
    sealed(out, msgspec.to_builtins(certificate_file.load(out / "certificate.json")))
    done = verify(out, "--reproduce", "1")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("kind", CARELESS | CAREFUL)
def test_tampering_is_noticed(kind, out, certified):
    tamper, means = (CARELESS | CAREFUL)[kind]
    tamper(out)
    done = verify(out, *options_for(certified, means))
    assert done.exit_code in (1, 3), (kind, done.output)
    assert done.stdout.split()[0] in {"changed", "differs", "missing", "other", "unknown", "ok"}
    assert "Traceback" not in done.output


def test_files_of_others_are_told_and_change_nothing(out):
    (out / "notes.txt").write_text("mine")
    done = verify(out)
    assert done.exit_code == 0
    assert "notes.txt is in the folder and not in the digest" in done.stderr


def test_a_key_of_another_kind_is_one_line(tmp_path, out):
    (tmp_path / "key.pem").write_bytes(b"\xe9 no key")
    done = verify(out, "--key", str(tmp_path / "key.pem"))
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1


def test_what_cannot_sign_is_told_before_the_search(tmp_path):
    done = CliRunner().invoke(
        main,
        [
            "certify",
            SPECS[1],
            "--runs",
            "5",
            "--out",
            str(tmp_path / "out"),
            "--sign",
            str(tmp_path / "none"),
        ],
    )
    assert done.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_another_source_can_be_allowed(out):
    forged(put("digest", "0" * 64))(out)
    assert verify(out).exit_code == 3
    assert verify(out, "--other-source").exit_code == 0


def test_runs_on_a_real_world_cannot_be_made_again(out):
    forged(put("world", "processes"))(out)
    done = verify(out, "--reproduce")
    assert "only counterexamples can be replayed" in done.stdout
