"""The outcome of checking one claim of a certificate."""

from __future__ import annotations

from typing import Literal

import msgspec

Outcome = Literal["ok", "differs", "changed", "missing", "other", "unknown"]


class Check(msgspec.Struct, frozen=True):
    """The outcome of checking one claim, and a message.

    `changed`: a file is not the one that was written. `differs`: the evidence contradicts the claim. `missing`: evidence
    is not there or unreadable. `other`: another source was judged than is here. `unknown`: it cannot be checked here.
    """

    outcome: Outcome
    message: str
