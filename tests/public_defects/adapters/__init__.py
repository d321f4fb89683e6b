"""The adapters of the defects' libraries, by kind; each function returns the subject to judge, and imports its library only then."""
