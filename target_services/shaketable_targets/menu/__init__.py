"""A menu that its kitchen writes and two counters copy, known to shaketable by its description alone."""
