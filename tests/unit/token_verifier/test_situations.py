"""What is presented: the keys verify what they sign, each situation is what its name says, and Wycheproof's are among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import (
    load_der_public_key,
    load_pem_public_key,
    load_ssh_public_key,
)

from shaketable.errors import UsageError
from shaketable_patterns.token_verifier.keys import secrets
from shaketable_patterns.token_verifier.keys.key_pair import ALGORITHMS, KeyPair, encoded, key_named
from shaketable_patterns.token_verifier.keys.unfit import UNFIT
from shaketable_patterns.token_verifier.mint import Mint, plain
from shaketable_patterns.token_verifier.presenting_adapter import jwks_of, token_of
from shaketable_patterns.token_verifier.profile import GATEWAY, LONGEST_BYTES, SHARED, knobs_of
from shaketable_patterns.token_verifier.situations.catalogue import rooms, situation_named, situations

KNOBS = knobs_of(GATEWAY)
MINTS = [Mint(KeyPair(algorithm, "a"), 0, 600, KNOBS) for algorithm in KNOBS.allowed] + [
    Mint(KeyPair("HS256", "a"), 0, 600, knobs_of(SHARED))
]
each = pytest.mark.parametrize("mint", MINTS, ids=[mint.key.algorithm for mint in MINTS])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_another_library_verifies_what_a_key_signs(algorithm: str) -> None:
    for generation in "abx":
        key = KeyPair(algorithm, generation)
        told = f"{encoded(plain({'alg': algorithm}))}.{encoded(plain({'a': 1}))}"
        token = f"{told}.{encoded(key.sign(told.encode()))}"
        assert jwt.decode(token, jwt.PyJWK(key.jwk()), algorithms=[algorithm]) == {"a": 1}


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_the_forms_of_a_public_key_are_one_key(algorithm: str) -> None:
    forms = KeyPair(algorithm, "a").public_forms()
    read: Any = load_pem_public_key(forms["pem"])
    others = [load_der_public_key(forms["der"]), load_ssh_public_key(forms["ssh"])]
    others += [load_pem_public_key(forms[name]) for name in ("pkcs1-pem", "pem-crlf") if name in forms]
    assert all(other == read for other in others)
    assert len(set(forms.values())) == len(forms)


def test_the_keys_have_the_length_that_they_should() -> None:
    assert [secrets.rsa(g).n.bit_length() for g in ("a", "b", "x", "roca", "one", "short")] == [2_048] * 5 + [
        1_024
    ]
    for generation in ("a", "b", "x", "roca", "short"):
        numbers = secrets.rsa(generation)
        assert pow(numbers.power(12_345), numbers.e, numbers.n) == 12_345


@each
def test_no_token_that_has_to_be_refused_is_the_valid_one(mint: Mint) -> None:
    made = {s.name: s.make(mint) for s in situations().values() if mint.key.family in s.on}
    same = [name for name, token in made.items() if token == mint.valid]
    assert [name for name in same if situations()[name].due(mint.knobs) == "refuse"] == []
    assert "valid" in same
    assert len(made) > 300
    assert len(set(made.values())) > 0.9 * len(made)


@each
def test_tokens_that_have_to_be_accepted_are_no_longer_than_any_limit_allows(mint: Mint) -> None:
    for one in situations().values():
        if mint.key.family in one.on and one.due(mint.knobs) == "accept":
            limit = mint.knobs.max_bytes if one.name == "at-the-limit" else LONGEST_BYTES
            assert len(one.make(mint)) <= limit, one.name
    assert len(situations()["oversize"].make(mint)) > mint.knobs.max_bytes


@each
def test_a_library_accepts_what_has_to_be_accepted_and_only_what_its_author_allows_besides(
    mint: Mint,
) -> None:
    allowed = {
        "signature-padded",
        "signature-equals",
        "signed-padding",
        "signed-payload-padding",
        "oversize",
        "exp-text-later",
        "nbf-text-past",
    }
    key = jwt.PyJWK(mint.key.jwk())
    options: Any = {"require": list(mint.knobs.needed), "verify_exp": False}
    wrong = []
    for one in situations().values():
        if mint.key.family not in one.on or one.timed or "exp" in one.name:
            continue
        token = one.make(mint)
        try:
            assert jwt.get_unverified_header(token).get("kid") == mint.key.kid
            jwt.decode(
                token,
                key,
                [mint.key.algorithm],
                options,
                audience=mint.knobs.audience,
                issuer=mint.knobs.issuer,
            )
            is_accepted = True
        except (jwt.PyJWTError, AssertionError):
            is_accepted = False
        due = one.due(mint.knobs)
        if due != "either" and is_accepted is not (due == "accept"):
            wrong.append(one.name)
    assert set(wrong) <= allowed


def test_a_token_is_the_same_each_time_it_is_made() -> None:
    for made in ("valid", "pss-fill", "ecdsa-der", "pkcs1-oid-twice"):
        for algorithm in KNOBS.allowed:
            if algorithm[:2] in situation_named(made).on:
                key = KeyPair(algorithm, "a")
                anew = Mint(key, 0, 600, KNOBS)
                assert situation_named(made).make(anew) == token_of(KNOBS, made, key.kid, 0, 600)


WYCHEPROOF = {
    "acceptsValid": "valid", "rejectsModifiedSignature": "signature-last-bit", "rejectsMissingSignature": "no-signature",
    "rejectsMissingSignatureAndSeparator": "no-signature-no-dot", "rejectsModifiedPayload": "tampered-claims",
    "rejectsMissingPayload": "no-payload", "rejectsMissingPayloadAndSeparator": "no-payload-no-dot",
    "rejectsModifiedHeader": "tampered-header", "rejectsMissingHeader": "no-header", "rejectsMissingHeaderAndSeparator": "no-header-no-dot",
    "rejectsMissingHeaderAndSignature": "only-payload", "rejectsMissingHeaderSignatureAndSeparators": "only-payload-no-dots",
    "rejectsEmptyString": "empty", "rejectsExtraEmptyComponent": "extra-empty-part", "rejectsExtraComponent": "extra-part",
    "rejectsNoneAlgorithmAndMissingSignature": "alg-none-unsigned", "rejectsValidJsonSerialization": "json-form",
    "rejectsSymmetryConfusionAttacks": "hs256-by-point", "rejectsAttackerProvidedEmbeddedJwk": "jwk-stranger",
    "lengthUsesLongForm": "pkcs1-info-length-long-form", "lengthContainsALeading0": "pkcs1-oid-length-leading-zero",
    "lengthOneMore": "pkcs1-octets-length-one-more", "lengthOneLess": "pkcs1-algorithm-length-one-less",
    "uint32Overflow": "pkcs1-null-length-overflow-32", "uint64Overflow": "pkcs1-info-length-overflow-64",
    "2to31sub1": "pkcs1-oid-length-2-31-less-1", "2to31": "pkcs1-oid-length-2-31", "2to32sub1": "pkcs1-oid-length-2-32-less-1",
    "2to40sub1": "pkcs1-oid-length-2-40-less-1", "2to64sub1": "pkcs1-oid-length-2-64-less-1", "incorrectLength": "pkcs1-oid-length-255",
    "indefiniteWithoutTermination": "pkcs1-info-length-indefinite", "removing": "pkcs1-octets-missing", "lonelyTag": "pkcs1-info-only-tag",
    "appending0s": "pkcs1-oid-zeros-behind", "prepending0s": "pkcs1-oid-zeros-in-front", "appendingUnused0s": "pkcs1-garbage",
    "appendingNull": "pkcs1-info-null-behind", "prependingGarbage": "pkcs1-info-garbage-in-front", "appendingGarbage": "pkcs1-info-garbage-behind",
    "undefinedTags": "pkcs1-info-undefined-tags", "truncatedLength": "pkcs1-info-length-missing-digits",
    "compositionIndefinite": "pkcs1-octets-indefinite-closed", "composition": "pkcs1-octets-composed", "replacedByNull": "pkcs1-octets-as-null",
    "changingTag": "pkcs1-octets-tag-ff", "droppingValue": "pkcs1-octets-empty", "truncated": "pkcs1-octets-without-last",
    "nonemptyEOC": "pkcs1-info-end-marks-behind", "prependEmptySequence": "pkcs1-info-empty-sequence-in-front",
    "appendEmptySequence": "pkcs1-info-empty-sequence-behind", "garbageWithHighTag": "pkcs1-info-high-tag-behind",
    "nullExplicitTag": "pkcs1-info-explicit-null-behind", "nullImplicitTag": "pkcs1-info-implicit-null-behind",
    "sequenceOfSequence": "pkcs1-info-sequence-around", "repeatingElement": "pkcs1-algorithm-twice", "firstByte": "pkcs1-oid-first-byte",
    "lastByte": "pkcs1-oid-last-byte", "wrongOid": "pkcs1-sha1", "largeInteger": "pkcs1-oid-length-2-64-less-1",
    "MhashModified": "pss-hash-first", "SaltLenChanged": "pss-salt-31", "saltIsAll0": "pss-salt-zeros", "saltIsAll1": "pss-salt-ones",
    "ZeroPaddingModified": "pss-fill", "ModifiedHash": "pss-end-first", "PSModified": "pss-separator", "SaltModified": "pss-hash-middle",
    "MaskedDbChanged": "pss-top-bit", "EmModified": "pss-trailer", "SignatureIs0": "rsa-zero", "SignatureIs1": "rsa-one",
    "SignatureIsNsub1": "rsa-n-minus-1", "SignatureIsn": "rsa-n", "SignatureIsnotReduced": "rsa-not-reduced",
    "prependingZerosToSignature": "signature-zeros-in-front", "appendingZerosToSignature": "signature-longer",
    "truncatedSignature": "signature-truncated", "UsingRS384": "hidden-RS384", "UsingPS256": "hidden-PS256", "algIsNone": "alg-None",
    "rejectsSpacesInMac": "signature-spaces", "rejectsInvalidCharacterInsertedInMac": "signature-foreign-letter",
    "spacesInHeader": "signed-header-spaces", "invalidCharactersInHeader": "signed-header-letters", "invalidBase64Padding": "signed-padding",
    "spacesInPayload": "signed-spaces", "invalidCharactersInPayload": "signed-foreign-letters",
    "invalidBase64PaddingInPayload": "signed-payload-padding", "ModifiedUnusedBitsInPayload": "signed-unused-bits",
    "MacOfIncorrectlyEncodedMessage": "standard-alphabet", "ValidSpacesInJsonHeader": "spaced", "SignatureTooLong": "ecdsa-too-long",
    "TrailingZeros": "signature-longer", "RisTooBig": "ecdsa-r-too-big", "SisTooBig": "ecdsa-s-too-big", "BufferOverflow": "ecdsa-much-too-long",
    "rIsZero": "r-0-s-1", "rIsOne": "r-1-s-n-1", "rIsNminus1": "r-n-1-s-0", "rIsN": "r-n-s-n", "emptyPayload": "payload-empty",
}  # fmt: skip
"""The situations of the JWS vectors of Wycheproof, one of each sort, and the one here that is made in its stead."""
WYCHEPROOF_KEYS = {
    "rejectsDuplicateKid": "twice", "rejectsWrongUse": "enc", "rejectWrongKeyOps": "ops", "rejectsKeyWithRocaVulnerability": "roca",
    "rejects1024bitRsaKey": "short", "rejectsPublicExponent1": "one", "key_too_short": "short", "empty_key": "empty",
    "wrong_algorithm": "other-alg", "invalid_algorithm": "odd-alg", "invalid_use": "odd-use", "invalid_point": "off-curve",
    "wrong_curve": "other-curve", "wrong_kty": "other-kty", "invalid_aes_gcm_key": "aes-gcm", "invalid_aes_kw_key": "aes-kw",
}  # fmt: skip
"""The same of its JWK vectors; a key set of two kinds of keys, and keys that are long, are those of the profiles."""


def test_the_situations_of_wycheproofs_vectors_are_among_them() -> None:
    assert set(WYCHEPROOF.values()) <= situations().keys()
    assert set(WYCHEPROOF_KEYS.values()) <= UNFIT.keys()


def test_every_situation_is_in_a_room_and_has_words() -> None:
    drawn = {name for family in ("RS", "PS", "ES", "HS") for room in rooms(family) for name in room}
    assert drawn == situations().keys() - {"valid"}
    for one in situations().values():
        assert one.words, one.name
        assert one.breaks or one.due(KNOBS) != "refuse" or one.due(KNOBS) == "accept", one.name


def test_unfit_keys_are_told_as_they_are() -> None:
    assert jwks_of(KNOBS, "a RS256-enc")["keys"][-1]["use"] == "enc"
    assert "use" not in jwks_of(KNOBS, "ES256-ops")["keys"][0]
    one, other = jwks_of(KNOBS, "ES256-twice")["keys"]
    assert one["kid"] == other["kid"]
    assert one["x"] != other["x"]
    assert jwks_of(knobs_of(SHARED), "HS256-empty")["keys"][0]["k"] == ""


@pytest.mark.parametrize("kid", ["RS256-z", "XX-a", "RS256", "ES256-short", "HS256-off-curve"])
def test_a_key_that_there_is_not_is_told_in_one_line(kid: str) -> None:
    with pytest.raises(UsageError, match="there is no key"):
        key_named(kid)


def test_a_situation_that_there_is_not_or_that_a_key_cannot_make_is_told_in_one_line() -> None:
    with pytest.raises(UsageError, match="there is no situation 'vaild'"):
        situation_named("vaild")
    with pytest.raises(UsageError, match="'ecdsa-der' is none of a key of RS256"):
        token_of(KNOBS, "ecdsa-der", "RS256-a", 0, 600)


def test_no_unfit_key_has_the_numbers_of_one_that_is_trusted() -> None:
    trusted = {
        str(KeyPair(algorithm, g).public_forms()["der"]) for algorithm in ("RS256", "ES256") for g in "abx"
    }
    for name, one in UNFIT.items():
        for algorithm in ("RS256", "ES256"):
            if algorithm[:2] in one.on:
                assert str(KeyPair(algorithm, name).public_forms()["der"]) not in trusted, name


def test_the_page_says_how_many_there_are() -> None:
    page = (Path(__file__).parents[3] / "docs" / "patterns" / "token-verifier.md").read_text()
    assert f"\n{len(situations()) - 1} situations (" in page
    assert f"And {['fifteen'][len(UNFIT) - 15]} kinds of keys" in page
