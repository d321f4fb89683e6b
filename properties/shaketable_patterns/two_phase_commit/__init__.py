"""TP: what several databases do of one transaction they all commit, or none does, at the price of locks that wait."""
