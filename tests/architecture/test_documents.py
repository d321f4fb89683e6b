"""Documents stay true: what they name by a path is there, and so is what they link to."""

import re

import pytest

from tests.architecture.sources import ROOT, shown, tracked

DOCUMENTS = [shown(path) for path in tracked() if path.suffix == ".md" and path.name != "CHANGELOG.md"]


def named_paths(text: str) -> list[str]:
    """Return the paths in backquotes; `*` stands for any name."""
    return re.findall(r"`((?:harness|properties|target_services|tests|docs|images)/[\w./*-]*)`", text)


def links(text: str) -> list[str]:
    """Return what the document links to, but for other sites and places in itself."""
    return [
        to.partition("#")[0] for to in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"\w+:|#", to)
    ]


def test_a_path_and_a_link_are_found():
    assert named_paths("in `tests/unit/`, not `python -m tests.soak`, but `docs/*.md`") == [
        "tests/unit/",
        "docs/*.md",
    ]
    assert links("[a](docs/a.md#b) [c](https://example.org/c) [d](#d)") == ["docs/a.md"]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_that_a_document_names_exists(document):
    text = (ROOT / document).read_text()
    missing = [path for path in named_paths(text) if not list(ROOT.glob(path.rstrip("/")))]
    missing += [to for to in links(text) if not ((ROOT / document).parent / to).exists()]
    assert missing == []
