"""The servers of a run by kind: their settings, and how to ask whether they are ready."""
