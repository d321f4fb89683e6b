"""Who plays which role: what a subject's rows, records and third-party effects mean to a pattern."""
