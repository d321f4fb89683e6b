"""docs/patterns/token-verifier.md: its test of a team's own verifier runs as it stands, passes a right one and fails a wrong one."""

import pytest

from tests.unit.kind_page import tells_right_from_wrong

pytest_plugins = ["pytester"]

VERIFIER = """
import base64
import hashlib
import hmac
import json


class Unauthorized(Exception):
    pass


def decoded(text):
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


class MyVerifier:
    def __init__(self, issuer, audience, leeway_s, now_s):
        self.issuer, self.audience, self.leeway_s, self.now_s = issuer, audience, leeway_s, now_s
        self.keys = {}

    def claims_of(self, token):
        try:
            told, _, last = token.rpartition(".")
            header, claims = (json.loads(decoded(part)) for part in told.split("."))
            made = hmac.new(decoded(self.keys[header["kid"]]), told.encode(), hashlib.sha256).digest()
            audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
            right = header["alg"] == "HS256" and "crit" not in header and hmac.compare_digest(made, decoded(last))
            right = right and claims["iss"] == self.issuer and self.audience in audience
            right = right and isinstance(claims["exp"], (int, float)) and claims["exp"] + self.leeway_s > self.now_s()
            right = right and claims.get("nbf", 0) - self.leeway_s <= self.now_s()
        except Exception:
            raise Unauthorized from None
        if not right:
            raise Unauthorized
        return claims
"""
WRONG = VERIFIER.replace("self.audience in audience", "self.audience in str(audience)")


def test_the_pages_test_passes_a_right_verifier_and_fails_a_wrong_one(pytester: pytest.Pytester) -> None:
    tells_right_from_wrong(
        pytester,
        "token-verifier.md",
        "my_verifier.py",
        VERIFIER,
        WRONG,
        "VIOLATION  mine breaks TV-2: wrong audience accepted",
    )
