"""The listings of the pattern document, with the same meaning in code of our own, defects included."""
