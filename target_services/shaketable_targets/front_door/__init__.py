"""A library behind one door: a gateway on Starlette, PyJWT and httpx, and desks on Starlette and asyncpg, and its description.

The door (`door.py`) asks for a card, a token by ES256, and sends readers on: /desks to two desks in turn, /desks/cellar to the cellar alone. The desk
that saw a reader writes the row `visits`. The door's settings say which mistake it makes, if any.
"""
