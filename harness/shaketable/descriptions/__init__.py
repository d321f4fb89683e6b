"""Descriptions of systems whose code is not here: data, checked before anything is started."""
