"""The keys of an issuer, its successor and a stranger, made anew from hashes: numbers, signatures, and the forms in which a key is handed on."""
