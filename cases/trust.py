"""Says whose signatures count: the keys that lie outside the data folder, and what somebody vouches for by hand.

What lies inside the data folder vouches for nothing: who can alter evidence there could put a key beside it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from cases.evidence_errors import SigningKeyError
from cases.signing import PUBLIC_FOLDER, PublicKey, is_fingerprint, read_public_keys
from cases.sweeping import PackKey


@dataclass(frozen=True, slots=True, eq=False)
class Trust:
    """Whose signatures count, and which packs may be without one.

    Attributes:
        keys: by fingerprint.
        fingerprints: keys that count wherever they come from.
        earlier: manifest hashes of packs that were there, unsigned, when signing began; a key that counts signed them.
        has_begun: whether anything was ever signed here; before, a pack without a signature is nothing special.
    """

    keys: Mapping[str, PublicKey] = field(default_factory=dict)
    fingerprints: frozenset[str] = frozenset()
    earlier: Mapping[PackKey, str] = field(default_factory=dict)
    has_begun: bool = True

    def key(self, fingerprint: str, offered: Mapping[str, PublicKey] | None = None) -> PublicKey | None:
        """Return the key of a fingerprint if it counts, or None.

        Args:
            fingerprint: whom a signature claims to be from.
            offered: keys that lie beside the signature; they count only where their fingerprint does.
        """
        if fingerprint in self.keys:
            return self.keys[fingerprint]
        return (offered or {}).get(fingerprint) if fingerprint in self.fingerprints else None

    def also(self, keys: Iterable[PublicKey] = (), earlier: Mapping[PackKey, str] | None = None) -> "Trust":
        """Return the same with more keys and more packs that may be unsigned."""
        more = {key.fingerprint: key for key in keys}
        return replace(self, keys={**self.keys, **more}, earlier={**self.earlier, **(earlier or {})})


def trusted_keys(folder: Path, by_hand: Sequence[str] = ()) -> Trust:
    """Return the trust of a key folder and of what somebody names besides.

    Args:
        folder: where the signing key lies, with the public keys beside it; it may be missing.
        by_hand: a PEM file, a folder of such files, or a fingerprint each.

    Raises:
        SigningKeyError: one of them cannot be read.
    """
    public = folder / PUBLIC_FOLDER
    keys = list(read_public_keys(public)) if public.is_dir() else []
    fingerprints: set[str] = set()
    for named in by_hand:
        if is_fingerprint(named.lower()):
            fingerprints.add(named.lower())
        elif Path(named).exists():
            keys += read_public_keys(Path(named))
        else:
            raise SigningKeyError(f"{named!r} is neither a file nor a fingerprint of 64 hex digits")
    return Trust(fingerprints=frozenset(fingerprints), has_begun=bool(keys or fingerprints)).also(keys)
