"""The image every other one is built on: Debian's minimal system by debootstrap, from no image registry.

The mirror is the one this machine's apt uses, else debootstrap's own default; it is read when the image is made and
named in no file of the project.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

SUITE = "bookworm"
_APT = Path("/etc/apt")
_DPKG = """path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/info/*
"""
_NO_START = "#!/bin/sh\nexit 101\n"  # a package that is installed into an image starts no server


def make(image: str, digest: str) -> None:
    """Make and import the base as `image`; SystemExit with what to do when this machine cannot."""
    if os.geteuid() != 0:
        sys.exit(f"debootstrap needs root: run it once with sudo, or tag a Debian {SUITE} image as {image}")
    if shutil.which("debootstrap") is None:
        sys.exit("debootstrap is missing: apt-get install debootstrap")
    with tempfile.TemporaryDirectory(prefix="shaketable-base-") as folder:
        root = Path(folder) / "root"
        mirror = next(mirrors(), "")
        # What is built on it asks the same mirror.
        secure = ["--include=ca-certificates"] if mirror.startswith("https:") else []
        command = [
            "debootstrap",
            "--variant=minbase",
            *secure,
            SUITE,
            str(root),
            *([mirror] if mirror else []),
        ]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"debootstrap failed:\n{done.stdout[-2000:]}")
        _slim(root)
        _import(root, image, digest)


def mirrors() -> Iterator[str]:
    """Yield the mirrors of the suite that this machine's apt knows, in apt's two formats."""
    for path in sorted(
        [*_APT.glob("sources.list.d/*.sources"), *_APT.glob("*.list"), *_APT.glob("*.d/*.list")]
    ):
        try:
            text = path.read_text()
        except OSError:
            continue
        for stanza in re.split(r"\n\s*\n", text) if path.suffix == ".sources" else text.splitlines():
            found = _mirror_in(stanza)
            if found:
                yield found


def _mirror_in(stanza: str) -> str | None:
    if re.match(r"\s*deb\s", stanza):
        words = re.sub(r"\[.*?\]", "", stanza).split()
        return words[1] if len(words) > 3 and words[2] == SUITE and "main" in words[3:] else None
    fields = {
        name.lower(): value.split()
        for name, _, value in (
            line.partition(":") for line in stanza.splitlines() if not line.startswith("#")
        )
    }
    wanted = SUITE in fields.get("suites", []) and "main" in fields.get("components", [])
    uris = fields.get("uris", []) if wanted and "deb" in fields.get("types", []) else []
    return uris[0] if uris else None


def _slim(root: Path) -> None:
    (root / "etc/dpkg/dpkg.cfg.d/shaketable").write_text(_DPKG)
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text(_NO_START)
    policy.chmod(0o755)
    for folder in (
        "var/cache/apt",
        "var/lib/apt/lists",
        "usr/share/doc",
        "usr/share/man",
        "usr/share/locale",
    ):
        shutil.rmtree(root / folder, ignore_errors=True)
        (root / folder).mkdir(parents=True)
    (root / "usr/share/man/man1").mkdir()  # Java's packages count on it


def _import(root: Path, image: str, digest: str) -> None:
    labels = [f"--change=LABEL shaketable=image shaketable.recipe={digest}"]
    with subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as tar:
        subprocess.run(["docker", "import", *labels, "-", image], stdin=tar.stdout, check=True)
    if tar.returncode:
        sys.exit("tar could not read the new system")
