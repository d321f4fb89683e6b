"""Search, shrinking, certification and mutation score. Worlds and subjects are given to it, never imported."""
