"""The keyed function behind the digests: from one edge of a block to 128 bits.

A digest is the sum, over all blocks, of the value of the lower edge less the value of the upper
edge. Where two blocks of one state meet, their edges cancel; therefore the sum does not depend on
how a holding is split, nor on order, and a transfer changes it by four values.

The value of an edge is one AES-128 block (FIPS 197) over 88 bits of tag and 40 bits of edge. The
tag is the exclusive or of one keyed BLAKE2b (RFC 7693) per stated facet, the series among them.

What it protects against: whoever does not know the key (an account holder who may choose which
units to move, or a peer of another pair) cannot find two states with one digest; the chance of an
accident is about 2**-120 a comparison. What it does not: the registry of the pair knows the key, so
a digest is no commitment and no evidence. Evidence is the signed list of blocks. Therefore the
nightly full run takes a fresh key, told only after the snapshot's instant, and compares blocks.
"""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, NamedTuple, Self

import msgspec
import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from hub.domain.reconciliation.attributes import ALL_FACETS, Facet, UnitState
from hub.domain.reconciliation.vocabulary import Field
from schema.identifiers import ItmoSeries

UInt64s = NDArray[np.uint64]

EDGE_BITS: Final = 40
LANE: Final = 1 << 64
LEAF_BITS: Final = 20
"""A leaf covers 2**20 serials unless the pair agrees otherwise."""
LEAF_BITS_MIN, LEAF_BITS_MAX = 1, 40
_SECRET_BYTES_MIN: Final = 16
_SECRET_BYTES_MAX: Final = 64
_PERSON: Final = b"itmo-digest-v1"
_EDGE_PERSON: Final = b"itmo-tag-v1"


class Digest(NamedTuple):
    """A digest that adds up: whole serials, two lanes modulo 2**64, and millionths of quantity.

    `micro` counts the quantities of units in another metric, in a series and in the root only.
    """

    units: int = 0
    low: int = 0
    high: int = 0
    micro: int = 0

    def plus(self, other: "Digest") -> "Digest":
        """Return the digest of two disjoint sets of serials together."""
        return Digest(
            self.units + other.units,
            (self.low + other.low) % LANE,
            (self.high + other.high) % LANE,
            self.micro + other.micro,
        )

    def minus(self, other: "Digest") -> "Digest":
        """Return the digest without a part that is in it."""
        return Digest(
            self.units - other.units,
            (self.low - other.low) % LANE,
            (self.high - other.high) % LANE,
            self.micro - other.micro,
        )

    def hex(self) -> str:
        """Return both lanes as 32 hexadecimal digits, the high lane first."""
        return f"{self.high:016x}{self.low:016x}"


class Tag(NamedTuple):
    """88 bits that stand for what is stated: 64 in `high`, 24 in `low`."""

    high: int
    low: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestKey:
    """The key of one pair of registries in one epoch."""

    edge_key: bytes = field(repr=False)
    tag_key: bytes = field(repr=False)
    leaf_bits: int = LEAF_BITS
    facets: frozenset[Facet] = ALL_FACETS
    """What is compared: what both registries of the pair state."""

    @classmethod
    def derive(
        cls,
        secret: bytes,
        *,
        pair: tuple[str, str],
        epoch: str,
        leaf_bits: int = LEAF_BITS,
        facets: frozenset[Facet] = ALL_FACETS,
    ) -> Self:
        """Derive the key of a pair and an epoch; the pair in any order.

        Raises:
            ValueError: the secret is not of 16 to 64 bytes, or the leaf size is out of bounds.
        """
        if not _SECRET_BYTES_MIN <= len(secret) <= _SECRET_BYTES_MAX:
            raise ValueError("a digest secret has 16 to 64 bytes")
        if not LEAF_BITS_MIN <= leaf_bits <= LEAF_BITS_MAX:
            raise ValueError(f"a leaf covers 2**{LEAF_BITS_MIN} to 2**{LEAF_BITS_MAX} serials")
        purpose = msgspec.json.encode([*sorted(pair), epoch])
        both = blake2b(purpose, key=secret, person=_PERSON, digest_size=32).digest()
        return cls(edge_key=both[:16], tag_key=both[16:], leaf_bits=leaf_bits, facets=facets)

    def series_tag(self, series: ItmoSeries) -> Tag:
        """Return the tag of a series."""
        parts = [series.approach, series.registry, series.first_party, series.vintage]
        return self._tag("series", parts)

    def field_tag(self, name: Field, value: object) -> Tag:
        """Return the tag of one stated value; what is not stated has none."""
        return self._tag(name.value, value)

    def state_tag(self, state: UnitState) -> Tag:
        """Return the tag of everything that a state says."""
        high = low = 0
        for name, value in stated_values(state, self.facets):
            tag = self.field_tag(name, value)
            high, low = high ^ tag.high, low ^ tag.low
        return Tag(high, low)

    def _tag(self, name: str, value: object) -> Tag:
        text = msgspec.json.encode([name, value])
        raw = blake2b(text, key=self.tag_key, person=_EDGE_PERSON, digest_size=11).digest()
        return Tag(int.from_bytes(raw[:8], "big"), int.from_bytes(raw[8:], "big"))

    def edge_values(self, high: UInt64s, low: UInt64s) -> tuple[UInt64s, UInt64s]:
        """Return both lanes for blocks whose halves are `high` and `low`.

        `high` is the tag's high part; `low` is its low part shifted by 40 bits, with the edge.
        """
        blocks = np.empty((len(high), 2), dtype=">u8")
        blocks[:, 0] = high
        blocks[:, 1] = low
        # Each block is enciphered by itself on purpose: this is AES as a keyed function of one
        # block, and nothing is kept secret by it. All blocks of one digest are distinct inputs.
        cipher = Cipher(algorithms.AES(self.edge_key), modes.ECB())  # noqa: S305
        out = bytearray(len(high) * 16 + 15)
        written = cipher.encryptor().update_into(blocks.tobytes(), out)
        lanes = np.frombuffer(out, dtype=">u8", count=written // 8).reshape(-1, 2)
        return lanes[:, 0].astype(np.uint64), lanes[:, 1].astype(np.uint64)


def stated_values(state: UnitState, facets: frozenset[Facet]) -> list[tuple[Field, object]]:
    """Return what a state says of `facets`, as the values that are hashed."""
    view = state.authorization.only_with(facets) if state.authorization else None
    optional: list[tuple[Facet, Field, object]] = [
        (Facet.ACCOUNT, Field.ACCOUNT, state.account),
        (Facet.ACCOUNT_KIND, Field.ACCOUNT_KIND, state.account_kind),
        (Facet.STATUS, Field.STATUS, state.status),
        (Facet.FIRST_TRANSFER, Field.FIRST_TRANSFER, state.first_transferred or None),
        (Facet.METRIC, Field.MEASURE, msgspec.structs.astuple(state.measure)),
    ]
    values = [(field, value) for facet, field, value in optional if facet in facets and value]
    if view is not None:
        values.append((Field.AUTHORIZATION, msgspec.structs.astuple(view)))
    return [(Field.REGISTRY, state.registry), *values]
