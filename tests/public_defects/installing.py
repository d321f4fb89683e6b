"""Installing: one version of a library in a folder of its own, which goes before everything else that is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.public_defects.defect import Defect

INSTALL_S = 300


def requirements(defect: Defect, version: str) -> tuple[str, ...]:
    """Return what goes into the folder, each with its version; what else a library imports is installed here already."""
    return (f"{defect.package}=={version}", *defect.beside)


def install(defect: Defect, version: str, folder: Path) -> None:
    """Install a version into `folder`. CalledProcessError with pip's words if it cannot be had."""
    asked = requirements(defect, version)
    command = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
    subprocess.run((*command, "--target", str(folder), *asked), check=True, timeout=INSTALL_S)
