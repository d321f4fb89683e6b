"""manifest.sig: an Ed25519 signature over the bytes of manifest.json, in the 64 bytes that any tool can check.

    openssl pkeyutl -verify -rawin -pubin -inkey key.pub -in manifest.json -sigfile manifest.sig

Keys are PEM files, as `openssl genpkey -algorithm ed25519` writes them. The library is an extra: most users need none.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shaketable.errors import FileFormatError, UsageError
from shaketable.report.data_file import read_limited

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIZE_BYTES = 64
_KEY_MAX_BYTES = 64 * 1024


class Signer:
    """Signs with a private key, read at once, so that a key that cannot be used is told before a search."""

    def __init__(self, path: Path) -> None:
        """Read the key. Raises UsageError when it cannot be used, or the extra `sign` is not installed."""
        self._key = _private(path)

    def sign(self, data: bytes) -> bytes:
        """Return the signature of `data`."""
        return self._key.sign(data)


class Verifier:
    """Checks signatures against a public key."""

    def __init__(self, path: Path) -> None:
        """Read the key. Raises UsageError when it cannot be used, or the extra `sign` is not installed."""
        self._key = _public(path)

    def accepts(self, signature: bytes, data: bytes) -> bool:
        """Tell whether the holder of the private key signed `data`."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


def _private(path: Path) -> Ed25519PrivateKey:
    _require_library()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(_pem(path), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError(f"{path} is no private key that can be used: {_hint(error)}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(
            f"{path} is a key of another kind; make one: openssl genpkey -algorithm ed25519 -out {path}"
        )
    return key


def _public(path: Path) -> Ed25519PublicKey:
    _require_library()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(_pem(path))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UsageError(
            f"{path} is no public key in PEM; take it from the private one: openssl pkey -in KEY -pubout -out {path}"
        ) from None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"{path} is a public key of another kind than Ed25519")
    return key


def _pem(path: Path) -> bytes:
    try:
        return read_limited(path, _KEY_MAX_BYTES, "a key")
    except FileFormatError as error:
        raise UsageError(str(error)) from None


def _hint(error: Exception) -> str:
    if isinstance(error, TypeError):
        return "it is encrypted; give one without a passphrase, such as a secret of your CI"
    return "it is no PEM of an unencrypted private key"


def _require_library() -> None:
    try:
        import cryptography
    except ImportError:
        raise UsageError(
            "signatures need the library cryptography; install the extra `sign`: pip install 'shaketable[sign]'"
        ) from None
    del cryptography
