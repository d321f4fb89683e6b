"""For every test: no example of Hypothesis has a deadline, since a busy machine is no defect."""

from hypothesis import settings

settings.register_profile("without-deadline", deadline=None)
settings.load_profile("without-deadline")
