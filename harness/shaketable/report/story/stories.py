"""The stories of a certificate's counterexamples."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from shaketable.certificate import Certificate
from shaketable.history import History
from shaketable.report.story.rate_words import timing_words
from shaketable.report.story.story import Story, story_of
from shaketable.subject import Subject


def stories_of(
    certificate: Certificate, subjects: Mapping[str, Subject], histories: Mapping[str, History]
) -> dict[str, Story]:
    """Return the stories of the counterexamples whose history is there, by the counterexample's file name.

    `subjects` are by name; `histories` by file name.
    """
    return {
        example.file: msgspec.structs.replace(
            story_of(subjects[result.subject], example.schedule, histories[example.file], example.finding),
            **({"remark": timing_words(example)} if example.hangs_on_timing else {}),
        )
        for result in certificate.subjects
        for promise in result.promises
        for example in promise.counterexamples
        if example.file in histories
    }
