"""Token verifiers that keep their keys as text: what a public key is, is left to the library."""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shaketable import Profile, token_verifier
from shaketable.subject import Subject

ISSUER, AUDIENCE, LEEWAY_S = "https://issuer.example", "shop", 10
ALGORITHMS = ("RS256", "ES256", "HS256")
MIXED = Profile(
    "keys as text, and one allow-list for all of them",
    {
        "algorithms": " ".join(ALGORITHMS),
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "leeway_s": LEEWAY_S,
        "required": "iss sub aud exp",
        "encoding": "lenient",
        "numbers": "lenient",
    },
)

ONE = Profile("keys as text, all of one curve", {**MIXED.knobs, "algorithms": "ES256"})
"""Without a list of algorithms a key of RSA or a secret is good for several: that is no defect of its own."""


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def key_text(jwk: dict[str, Any], *, ssh: bool) -> bytes:
    """Return a key as its owner keeps it in a file: a secret as it is, a public key in PEM or as OpenSSH writes it."""
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    if jwk["kty"] == "oct":
        return _bytes(jwk["k"])
    if jwk["kty"] == "RSA":
        key = rsa.RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"])).public_key()
    else:
        curve = ec.SECP256R1()
        key = ec.EllipticCurvePublicNumbers(_number(jwk["x"]), _number(jwk["y"]), curve).public_key()
    if ssh:
        return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class Adapter:
    """Finds a key by the name in the token. `refuse` is raised for an unknown one; subclasses decode."""

    ssh = False
    rejections: tuple[type[BaseException], ...] = ()

    def __init__(self, _clock: object) -> None:
        self._keys: dict[Any, bytes] = {}

    def trust(self, jwks: dict[str, Any]) -> None:
        self._keys = {jwk["kid"]: key_text(jwk, ssh=self.ssh) for jwk in jwks["keys"]}


def _subject(name: str, adapter: type[Adapter], profile: Profile) -> Subject:
    return token_verifier(
        f"token-verifier/{name}",
        adapter,
        profile=profile,
        sync=True,
        time="time-machine",
        carrier="greenlets",
    )


def pyjwt_ssh() -> Subject:
    """Return PyJWT with public keys as OpenSSH writes them."""
    import jwt
    from jwt.exceptions import PyJWTError

    class PyJwt(Adapter):
        ssh = True
        rejections = (PyJWTError,)

        def verify(self, token: str) -> object:
            if (key := self._keys.get(jwt.get_unverified_header(token).get("kid"))) is None:
                raise PyJWTError("unknown key")
            return jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=AUDIENCE,
                issuer=ISSUER,
                leeway=LEEWAY_S,
                options={"require": ["iss", "sub", "aud", "exp"]},
            )

    return _subject("pyjwt-ssh", PyJwt, MIXED)


def authlib() -> Subject:
    """Return Authlib as the first lines of its document show it: keys in PEM, and no list of algorithms."""
    from authlib.jose import jwt
    from authlib.jose.errors import JoseError

    options = {
        "iss": {"essential": True, "value": ISSUER},
        "aud": {"essential": True, "value": AUDIENCE},
        "sub": {"essential": True},
        "exp": {"essential": True},
    }

    class Authlib(Adapter):
        rejections = (JoseError, ValueError)

        def verify(self, token: str) -> object:
            def load(header: dict[str, Any], _payload: object) -> bytes:
                kid = header.get("kid")
                if not isinstance(kid, str) or kid not in self._keys:
                    raise ValueError("unknown key")
                return self._keys[kid]

            claims = jwt.decode(token, load, claims_options=options)
            claims.validate(leeway=LEEWAY_S)
            return dict(claims)

    return _subject("authlib", Authlib, ONE)
