"""A clinic that admits patients: an orchestrated saga of a foreign system, known to shaketable by its description alone."""
