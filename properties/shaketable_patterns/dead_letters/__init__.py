"""Dead letters: what fails is kept, announced and can be done again (patterns.md, DL)."""
