"""Correct subjects unlike the hardened ones, which no rule may accuse."""
