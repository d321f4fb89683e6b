"""The shipped verifiers: calibrated, right where they should be, and the stories of one that is not; right ones unlike ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import inspect
import json
from typing import Any

import jwt
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from jwt import PyJWK

from shaketable import certify, token_verifier
from shaketable.components.world import ComponentWorld
from shaketable.profile import Profile
from shaketable.runner import Outcome, execute
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.token_verifier.calibration import presented
from shaketable_patterns.token_verifier.kind import told
from shaketable_patterns.token_verifier.profile import GATEWAY, SHARED, knobs_of
from shaketable_patterns.token_verifier.subjects import hardened, library, mutants
from shaketable_targets.token_verifiers.settings import Clock, Refused, Settings
from shaketable_targets.token_verifiers.verifier import Verifier

WORLD = ComponentWorld()
SHIPPED = {subject.name: subject for subject in (*hardened(), *library())}
each = pytest.mark.parametrize("subject", SHIPPED.values(), ids=SHIPPED.keys())


def run(subject: Subject, *steps: Step) -> Outcome:
    return execute(WORLD, subject, Schedule(subject.name, steps))


def found(outcome: Outcome) -> list[str]:
    return [f"{f.promise} {f.anomaly} {f.level}" for f in outcome.findings]


def mismatches(subject: Subject) -> list[str]:
    return list(
        subject.pattern.calibrate(subject, lambda schedule: execute(WORLD, subject, schedule).history)
    )


@each
def test_it_agrees_with_its_profile_and_is_accused_of_nothing_by_ordinary_tokens(subject: Subject) -> None:
    assert mismatches(subject) == []
    assert found(execute(WORLD, subject, subject.pattern.workload(subject))) == []


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"algorithms": "RS256 RS512"}, "an ordinary token of RS512 gets Refused instead of its claims"),
        ({"leeway_s": 60}, "a token is refused 58 s after it expired, and leeway_s=60"),
        ({"leeway_s": 5}, "a token is accepted 7 s after it expired, and leeway_s=5"),
    ],
)
def test_calibration_names_the_setting_that_was_declared_wrong(knobs: dict[str, Any], said: str) -> None:
    subject = _made(Verifier, knobs)
    assert any(said in problem for problem in mismatches(subject)), mismatches(subject)


def test_calibration_asks_for_rejections_and_for_claims() -> None:
    class Silent(Verifier):
        rejections = ()

    class Truthful(Verifier):
        def verify(self, token: str) -> Any:
            return bool(super().verify(token))

    assert "name it in the adapter's `rejections`" in mismatches(_made(Silent, {}))[0]
    assert "gets True instead of its claims" in mismatches(_made(Truthful, {}))[0]


def test_python_jose_ignores_crit_and_lets_errors_out() -> None:
    """Reasons beside our verdict: its issue 413 of crit, and the docstring of its decode, of what that raises for a claim."""
    from jose import jwt as jose

    assert "JWTClaimsError: If any claim is invalid in any way." in str(inspect.getdoc(jose.decode))
    subject = SHIPPED["token-verifier/python-jose"]
    assert found(run(subject, presented(1, "crit-unknown", "RS256-a"))) == ["TV-5 critical-ignored VIOLATION"]
    assert found(run(subject, presented(1, "exp-a-list", "RS256-a"))) == ["TV-4 crashed VIOLATION"]
    pyjwt = SHIPPED["token-verifier/pyjwt"]
    assert (
        found(run(pyjwt, presented(1, "crit-unknown", "RS256-a"), presented(2, "exp-a-list", "RS256-a")))
        == []
    )


@pytest.mark.parametrize(
    "made", ["hs256-by-pem", "hs256-by-ssh", "alg-none-unsigned", "jwk-stranger", "ecdsa-der", "r-0-s-0"]
)
def test_no_library_is_taken_in_by_what_is_published(made: str) -> None:
    for subject in SHIPPED.values():
        if "ES256" in str(subject.profile.knobs["algorithms"]):
            outcome = run(subject, presented(1, made, "ES256-a"))
            assert found(outcome) == []
            assert any(event.kind == "fail" for event in outcome.history.events)


def test_the_reference_keeps_an_old_key_for_its_grace() -> None:
    reference = SHIPPED["token-verifier/hardened"]
    steps = (
        told(1, "b"),
        Wait(290_000),
        presented(2, "valid", "RS256-a"),
        Wait(12_000),
        presented(3, "valid", "RS256-a"),
    )
    outcome = run(reference, *steps)
    assert found(outcome) == []
    assert [e.kind for e in outcome.history.events if e.process in ("call-2", "call-3")] == [
        "invoke",
        "ok",
        "invoke",
        "fail",
    ]


def _settings(profile: Profile) -> Settings:
    knobs = knobs_of(profile)
    return Settings(
        knobs.allowed,
        knobs.issuer,
        knobs.audience,
        knobs.needed,
        knobs.leeway_s,
        knobs.grace_s,
        knobs.max_bytes,
    )


def _made(make: Any, knobs: dict[str, Any], of: Profile = GATEWAY, *, sync: bool = True) -> Subject:
    profile = Profile("mine", {**of.knobs, **knobs})
    settings = _settings(of)

    def adapter(clock: Clock) -> Any:
        return make(clock, settings)

    return token_verifier("mine", adapter, profile=profile, sync=sync, time="injected", carrier="greenlets")


class AnswersNone(Verifier):
    """Returns None for a token that it refuses, and raises nothing."""

    def verify(self, token: str) -> Any:
        try:
            return super().verify(token)
        except Refused:
            return None


class Remembers(Verifier):
    """Remembers verified tokens by their hash, looks at their times again, and forgets all when the keys change."""

    def __init__(self, clock: Clock, settings: Settings) -> None:
        super().__init__(clock, settings)
        self.known: dict[str, tuple[dict[str, Any], Any]] = {}

    def trust(self, jwks: Any) -> None:
        super().trust(jwks)
        self.known.clear()

    def verify(self, token: str) -> dict[str, Any]:
        name = hashlib.sha256(token.encode()).hexdigest()
        if name not in self.known:
            claims = super().verify(token)
            kid = jwt.get_unverified_header(token)["kid"]
            self.known[name] = claims, kid
        claims, kid = self.known[name]
        if self.ring.find(kid) is None:
            raise Refused("unknown key")
        self.look_at_times(claims)
        return dict(claims)


class TriesAll(Verifier):
    """Tries every key of the right algorithm where the token names none that it knows."""

    def verify(self, token: str) -> dict[str, Any]:
        self.look_at_form(token)
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise Refused(str(error)) from None
        keys = [
            *self.ring.keys.values(),
            *(key for kid in self.ring.old if (key := self.ring.find(kid)) is not None),
        ]
        for key in keys:
            if header.get("alg") == key.algorithm_name:
                try:
                    claims = self.claims_of(token, key)
                except jwt.PyJWTError:
                    continue
                self.look_at_times(claims)
                return claims
        raise Refused("no key")


class Pedant(Verifier):
    """Refuses all that it may: names that stand twice, times that are fractions, headers that it does not know."""

    def verify(self, token: str) -> dict[str, Any]:
        self.look_at_form(token)
        try:
            header, claims = (
                json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)), object_pairs_hook=_once)
                for part in token.split(".")[:2]
            )
        except (ValueError, RecursionError) as error:
            raise Refused(str(error)) from None
        if not isinstance(header, dict) or set(header) != {"alg", "kid", "typ"} or header["typ"] != "JWT":
            raise Refused("an odd header")
        times = [claims.get(name) for name in ("exp", "nbf", "iat")] if isinstance(claims, dict) else [None]
        if (
            any(type(time) is not int for time in times)
            or not isinstance(claims.get("sub"), str)
            or not isinstance(claims.get("jti"), str)
        ):
            raise Refused("an odd claim")
        return super().verify(token)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


class ByHand(Verifier):
    """Verifies by cryptography alone, and takes base64url with padding or without."""

    def look_at_form(self, token: str) -> None:
        """Take any length and form."""

    def verify(self, token: str) -> dict[str, Any]:
        try:
            told_, _, last = token.rpartition(".")
            first, second = told_.split(".")
            header, claims = json.loads(_bytes(first)), json.loads(_bytes(second))
            key = self.ring.find(header["kid"])
            if key is None or header["alg"] != key.algorithm_name or "crit" in header:
                raise Refused("key or header")
            self._verify(key, told_.encode(), _bytes(last))
            audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
            if claims["iss"] != self.settings.issuer or self.settings.audience not in audience:
                raise Refused("issuer or audience")
            if any(claims.get(name) is None for name in self.settings.required):
                raise Refused("a claim is missing")
            self.look_at_times(claims)
        except (ValueError, KeyError, TypeError, RecursionError, InvalidSignature, AttributeError) as error:
            raise Refused(type(error).__name__) from None
        return dict(claims)

    def _verify(self, key: PyJWK, message: bytes, signature: bytes) -> None:
        public: Any = key.key
        if key.algorithm_name == "ES256":
            if len(signature) != 64:
                raise Refused("length")
            numbers = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
            public.verify(encode_dss_signature(*numbers), message, ec.ECDSA(SHA256()))
        elif key.algorithm_name == "PS256":
            public.verify(signature, message, padding.PSS(padding.MGF1(SHA256()), padding.PSS.AUTO), SHA256())
        else:
            public.verify(signature, message, padding.PKCS1v15(), SHA256())


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


class Secrets:
    """Verifies HMAC by the standard library, without a grace or a limit, and never says what is wrong."""

    rejections = (ValueError,)

    def __init__(self, clock: Clock, settings: Settings) -> None:
        self._clock, self._settings = clock, settings
        self._keys: dict[str, tuple[str, bytes]] = {}

    async def trust(self, jwks: Any) -> None:
        self._keys = {jwk["kid"]: (jwk["alg"], _bytes(jwk["k"])) for jwk in jwks["keys"]}

    async def verify(self, token: str) -> Any:
        try:
            return self._verified(token)
        except (KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise ValueError("refused") from None

    def _verified(self, token: str) -> Any:
        told_, _, last = token.rpartition(".")
        header, claims = (json.loads(_bytes(part)) for part in told_.split("."))
        algorithm, secret = self._keys[header["kid"]]
        made = hmac.new(secret, told_.encode(), getattr(hashlib, f"sha{algorithm[2:]}")).digest()
        now_s, leeway_s = self._clock.time_s(), self._settings.leeway_s
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        right = (
            header["alg"] == algorithm
            and "crit" not in header
            and hmac.compare_digest(made, _bytes(last))
            and claims["iss"] == self._settings.issuer
            and self._settings.audience in audience
            and claims["exp"] + leeway_s > now_s
            and type(claims["exp"]) in (int, float)
            and claims.get("nbf", 0) - leeway_s <= now_s
            and claims["sub"] is not None
        )
        if not right:
            raise ValueError("refused")
        return claims


RIGHT: list[tuple[Any, dict[str, Any], Profile, bool]] = [
    (AnswersNone, {}, GATEWAY, True),
    (Remembers, {}, GATEWAY, True),
    (TriesAll, {"kid": "optional"}, GATEWAY, True),
    (Pedant, {"required": "iss sub aud exp nbf iat jti"}, GATEWAY, True),
    (ByHand, {"encoding": "lenient", "max_bytes": 0}, GATEWAY, True),
    (
        Secrets,
        {"encoding": "lenient", "max_bytes": 0, "grace_s": 0, "unfit_keys": "unchecked"},
        SHARED,
        False,
    ),
]


@pytest.mark.parametrize(("make", "knobs", "of", "sync"), RIGHT, ids=[one[0].__name__ for one in RIGHT])
def test_a_right_verifier_unlike_ours_is_accused_of_nothing(
    make: Any, knobs: dict[str, Any], of: Profile, sync: bool
) -> None:
    subject = _made(make, knobs, of, sync=sync)
    assert mismatches(subject) == []
    algorithms = subject.profile.knobs["algorithms"]
    for algorithm in str(algorithms).split():
        assert found(run(subject, *_all_of(algorithm))) == []


def _all_of(algorithm: str) -> list[Do]:
    """Return steps that present every situation of an algorithm's key."""
    from shaketable_patterns.token_verifier.situations.catalogue import situations

    names = [one.name for one in situations().values() if algorithm[:2] in one.on]
    return [presented(number, name, f"{algorithm}-a") for number, name in enumerate(names, 1)]


@pytest.mark.parametrize("subject", hardened(), ids=lambda subject: subject.name)
def test_the_reference_is_right_in_every_situation(subject: Subject) -> None:
    for algorithm in str(subject.profile.knobs["algorithms"]).split():
        assert found(run(subject, *_all_of(algorithm))) == []


def test_a_verifier_of_asyncio_is_certified() -> None:
    make, knobs, of, sync = RIGHT[-1]
    certify(_made(make, knobs, of, sync=sync), runs=60)


def test_every_mutant_names_a_promise_and_a_mistake() -> None:
    listed = list(mutants())
    assert len({mutant.name for mutant in listed}) == len(listed) == 22
    assert {promise for mutant in listed for promise in mutant.kills} == {
        f"TV-{number}" for number in range(1, 9)
    }
    assert all(mutant.summary.endswith(".") and mutant.mutant_of in SHIPPED for mutant in listed)


class AsksForKeys(Verifier):
    """Keeps its keys in a store outside, which may be slow, silent or cut off when it is told new ones."""

    def __init__(self, clock: Clock, settings: Settings, points: Any) -> None:
        super().__init__(clock, settings)
        self.points = points

    def trust(self, jwks: Any) -> None:
        self.points.reach("keys.request")
        super().trust(jwks)
        self.points.reach("keys.reply")


def test_a_verifier_that_is_told_its_keys_over_a_network_is_not_blamed_for_the_network() -> None:
    def adapter(clock: Clock, points: Any) -> Any:
        return AsksForKeys(clock, _settings(GATEWAY), points)

    certify(
        token_verifier("mine", adapter, profile=GATEWAY, sync=True, time="injected", carrier="greenlets"),
        runs=60,
    )
