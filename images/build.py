"""Builds every image the world `containers` needs, from packages only: `python images/build.py [--force] [NAME...]`.

An image that carries the digest of its recipe is up to date and skipped. Debian's packages come from the base's own
mirror; PyPI, Maven Central and the Go module proxy as this machine's pip, Maven and Go are told by their environment.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import base
from recipe import BASE, NAMES, digest_of, fill

_TOLD = ("GOPROXY", "GOSUMDB", "PIP_INDEX_URL", "http_proxy", "https_proxy", "no_proxy")
_CERTIFICATES = Path("/usr/local/share/ca-certificates")
_MAVEN = Path.home() / ".m2" / "settings.xml"


def main() -> None:
    """Build what is missing or out of date."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(NAMES)}; else all")
    asked.add_argument("--force", action="store_true", help="build them although they are up to date")
    options = asked.parse_args()
    unknown = set(options.names) - set(NAMES)
    if unknown:
        asked.error(f"no image {', '.join(sorted(unknown))}")
    if _output("docker", "version", "--format", "{{.Server.Version}}") is None:
        sys.exit("no Docker engine answers: install Docker and start its service")
    names = options.names or NAMES
    for name in NAMES:
        if name in names or name == BASE:
            _bring_up_to_date(name, force=options.force and name in names)


def _bring_up_to_date(name: str, *, force: bool) -> None:
    image, digest = f"shaketable/{name}", digest_of(name)
    before = _output("docker", "image", "inspect", "--format", "{{.Id}}", image)
    built_from = _output(
        "docker", "image", "inspect", "--format", '{{index .Config.Labels "shaketable.recipe"}}', image
    )
    if before and built_from == digest and not force:
        _say(f"{image} is up to date")
        return
    if before and name == BASE and not built_from and not force:
        _say(f"{image} is an image of your own")
        return
    started = time.monotonic()
    _say(f"{image} is being built")
    if name == BASE:
        base.make(image, digest)
    else:
        _build(name, image, digest)
    if before and before != _output("docker", "image", "inspect", "--format", "{{.Id}}", image):
        # What it replaces has no name any more; containers that still use it keep it.
        subprocess.run(["docker", "image", "rm", before], capture_output=True, check=False)
    _say(f"{image} took {time.monotonic() - started:.0f} s")


def _build(name: str, image: str, digest: str) -> None:
    with tempfile.TemporaryDirectory(prefix="shaketable-image-") as folder:
        context = Path(folder)
        fill(name, context)
        _add_what_this_machine_trusts(context)
        told = [f"--build-arg={key}={os.environ[key]}" for key in _TOLD if os.environ.get(key)]
        command = [
            "docker",
            "build",
            "--force-rm",
            "--tag",
            image,
            "--label",
            f"shaketable.recipe={digest}",
            *told,
            folder,
        ]
        # Without its plugin the newer builder does not exist; these recipes need nothing of it.
        done = subprocess.run(
            command,
            env={**os.environ, "DOCKER_BUILDKIT": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{image} could not be built:\n{done.stdout[-4000:]}")


def _add_what_this_machine_trusts(context: Path) -> None:
    """Add extra certificates and Maven's settings, for the stages that download; no final image keeps them."""
    certificates = context / "certificates"
    certificates.mkdir()
    for path in sorted(_CERTIFICATES.glob("*.crt")):
        shutil.copy(path, certificates)
    settings = context / "settings.xml"
    if _MAVEN.is_file():
        shutil.copy(_MAVEN, settings)
    else:
        settings.write_text("<settings/>\n")


def _output(*command: str) -> str | None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
