"""What an attacker's client, a careless issuer and an ordinary one present, each made anew for a key and a time.

They cover the situations of Wycheproof's vectors for JWS and JWK, and those of published attacks; RFC 7515, 7518, 7519 and 8725 say
what is right. Read `situation`, then `catalogue`.
"""
