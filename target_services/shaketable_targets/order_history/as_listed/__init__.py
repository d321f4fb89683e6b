"""The listings of the pattern document's section on CQRS, defects included."""
