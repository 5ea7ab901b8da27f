from hashlib import blake2b
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.reconciliation import digests
from hub.domain.reconciliation.attributes import ALL_FACETS, Facet, UnitState
from hub.domain.reconciliation.comparison import compare
from hub.domain.reconciliation.digest_keys import LANE, Digest, DigestKey
from hub.domain.reconciliation.digests import (
    DigestTree,
    TooManyLeavesError,
    differing_blocks,
    tree_of,
)
from hub.domain.reconciliation.vocabulary import Vocabulary
from schema.codes import AccountKind, UnitStatus
from schema.identifiers import SERIAL_LIMIT, AccountId, ItmoBlock, SerialRange
from tests.domain.reconciliation.naive import World, told
from tests.domain.reconciliation.worlds import (
    JPN,
    LETTER,
    SERIES,
    WIDER_LETTER,
    blocks_of,
    neighbouring_worlds,
    snapshot_of,
    worlds,
)

PAIR = ("hub", "JPN01")
leaf_sizes = st.integers(1, 5)


def key_of(leaf_bits: int = 2, **other: Any) -> DigestKey:
    return DigestKey.derive(bytes(32), pair=PAIR, epoch="2031-07-01", leaf_bits=leaf_bits, **other)


def digested(world: World, key: DigestKey, seed: int = 0) -> DigestTree:
    return tree_of(snapshot_of(world, vocabulary=Vocabulary(), seed=seed), key)


def said(tree: DigestTree) -> tuple[object, ...]:
    leaves = {series: found for series, found in tree.leaves.items() if found}
    return tree.root, tree.series, leaves


@given(worlds(), st.integers(0, 9), leaf_sizes)
def test_digests_do_not_depend_on_splits_order_or_numbering(
    world: World, seed: int, leaf_bits: int
) -> None:
    key = key_of(leaf_bits)
    assert said(digested(world, key)) == said(digested(world, key, seed))


@given(worlds(), worlds())
def test_different_worlds_have_different_digests(one: World, other: World) -> None:
    key = key_of()
    assert (digested(one, key).root == digested(other, key).root) == (one == other)


@given(worlds(), st.integers(0, 9), leaf_sizes)
def test_a_tree_that_is_kept_up_to_date_equals_one_that_is_built(
    world: World, seed: int, leaf_bits: int
) -> None:
    key = key_of(leaf_bits)
    tree = DigestTree(key)
    for row in blocks_of(world, seed):
        tree.add(ItmoBlock(row.series, SerialRange(row.first, row.last)), row.state)
    assert said(tree) == said(digested(world, key))


@given(neighbouring_worlds(), st.integers(0, 9))
def test_what_is_taken_back_in_other_blocks_is_gone(pair: tuple[World, World], seed: int) -> None:
    key = key_of()
    tree = digested(pair[0], key)
    for row in blocks_of(pair[0], seed):
        tree.remove(ItmoBlock(row.series, SerialRange(row.first, row.last)), row.state)
    assert said(tree) == (Digest(), {}, {})


@given(neighbouring_worlds(), leaf_sizes)
def test_comparing_only_where_digests_differ_finds_the_same(
    pair: tuple[World, World], leaf_bits: int
) -> None:
    key, vocabulary = key_of(leaf_bits), Vocabulary()
    here = snapshot_of(pair[0], vocabulary=vocabulary)
    there = snapshot_of(pair[1], vocabulary=vocabulary, source="JPN01")
    where = differing_blocks(tree_of(here, key), tree_of(there, key))
    assert told(compare(here.within(where), there.within(where))) == told(compare(here, there))


@given(neighbouring_worlds(), leaf_sizes)
def test_leaves_add_up_to_series_and_series_to_the_root(
    pair: tuple[World, World], leaf_bits: int
) -> None:
    tree = digested(pair[1], key_of(leaf_bits))
    for series, digest in tree.series.items():
        total = Digest()
        for leaf in tree.leaves[series].values():
            total = total.plus(leaf)
        assert total == digest
    assert tree.root.units == len(pair[1])


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(DigestKey.derive(bytes(31) + b"1", pair=PAIR, epoch="1"), id="secret"),
        pytest.param(DigestKey.derive(bytes(32), pair=("hub", "MNG01"), epoch="1"), id="pair"),
        pytest.param(DigestKey.derive(bytes(32), pair=PAIR, epoch="2"), id="epoch"),
    ],
)
def test_another_secret_pair_or_epoch_gives_other_digests(other: DigestKey) -> None:
    world = {(SERIES[0], 1): UnitState(registry=JPN, account=None, account_kind=None, status=None)}
    key = DigestKey.derive(bytes(32), pair=PAIR, epoch="1")
    assert digested(world, key).root != digested(world, other).root
    with pytest.raises(ValueError, match="different keys"):
        differing_blocks(digested(world, key), digested(world, other))


def test_both_sides_of_a_pair_derive_one_key() -> None:
    there = DigestKey.derive(bytes(32), pair=PAIR[::-1], epoch="1")
    assert DigestKey.derive(bytes(32), pair=PAIR, epoch="1") == there


def test_keys_do_not_show_in_messages() -> None:
    assert "edge_key" not in repr(key_of())


@given(worlds())
def test_what_is_not_stated_is_not_in_the_digest(world: World) -> None:
    bare = key_of(facets=ALL_FACETS - {Facet.ACCOUNT, Facet.PURPOSE})
    blanked = {
        unit: msgspec.structs.replace(
            state,
            account=None,
            authorization=LETTER if state.authorization == WIDER_LETTER else state.authorization,
        )
        for unit, state in world.items()
    }
    tree = DigestTree(bare)
    for (series, serial), state in world.items():
        tree.add(ItmoBlock(series, SerialRange(serial, serial)), state)
    assert said(digested(world, bare)) == said(digested(blanked, bare)) == said(tree)


def test_a_digest_is_what_its_description_says() -> None:
    """The description, followed to the letter with nothing but hashlib and one AES block."""
    state = UnitState(
        registry=JPN,
        account=AccountId("A-1"),
        account_kind=AccountKind.HOLDING,
        status=UnitStatus.HELD,
        authorization=LETTER,
        first_transferred=True,
    )
    key = key_of(leaf_bits=20)
    texts = [
        '["series",["CA0007","MNG01","MNG",2021]]',
        '["registry","JPN01"]',
        '["account","A-1"]',
        '["account_kind","holding"]',
        '["status","held"]',
        '["authorization",["MNG-7","NDC","in force","in force",null,null]]',
        '["first_transfer",true]',
        '["measure",["GHG","tCO2e"]]',
    ]
    tag = 0
    for text in texts:
        hashed = blake2b(text.encode(), key=key.tag_key, person=b"itmo-tag-v1", digest_size=11)
        tag ^= int.from_bytes(hashed.digest(), "big")

    def value(edge: int) -> tuple[int, int]:
        block = ((tag << 40) | edge).to_bytes(16, "big")
        cipher = Cipher(algorithms.AES(key.edge_key), modes.ECB()).encryptor()  # noqa: S305
        lanes = cipher.update(block)
        return int.from_bytes(lanes[:8], "big"), int.from_bytes(lanes[8:], "big")

    (high, low), (upper_high, upper_low) = value(999), value(1_500)
    tree = DigestTree(key)
    tree.add(ItmoBlock(SERIES[0], SerialRange(1_000, 1_500)), state)
    assert tree.root == Digest(501, (low - upper_low) % LANE, (high - upper_high) % LANE)
    assert tree.root.hex() == f"{(high - upper_high) % LANE:016x}{(low - upper_low) % LANE:016x}"


def test_the_published_vector_holds() -> None:
    """The vector of hub/docs/reconciliation.md; registries check their own code with it."""
    state = UnitState(
        registry=JPN,
        account=AccountId("A-1"),
        account_kind=AccountKind.HOLDING,
        status=UnitStatus.HELD,
        authorization=LETTER,
        first_transferred=True,
    )
    key = DigestKey.derive(bytes(range(32)), pair=PAIR, epoch="2031-07-01")
    series, said = key.series_tag(SERIES[0]), key.state_tag(state)
    tree = DigestTree(key)
    tree.add(ItmoBlock(SERIES[0], SerialRange(1_000, 1_500)), state)
    vector = {
        "edge key": key.edge_key.hex(),
        "tag key": key.tag_key.hex(),
        "tag": f"{series.high ^ said.high:016x}{series.low ^ said.low:06x}",
        "digest": tree.root.hex(),
    }
    document = Path(__file__).parents[3] / "hub" / "docs" / "reconciliation.md"
    text = document.read_text(encoding="utf-8")
    for name, value in vector.items():
        assert f"| {name} | `{value}` |" in text


def test_the_last_serial_has_a_digest() -> None:
    state = UnitState(registry=JPN, account=None, account_kind=None, status=None)
    last = ItmoBlock(SERIES[0], SerialRange(SERIAL_LIMIT - 1, SERIAL_LIMIT - 1))
    tree = DigestTree(key_of(leaf_bits=20))
    tree.add(last, state)
    (found,) = differing_blocks(tree, DigestTree(tree.key))
    assert found.serials == SerialRange(SERIAL_LIMIT - 2**20 + 1, SERIAL_LIMIT - 1)


def test_a_quantity_that_differs_asks_for_the_whole_series() -> None:
    state = UnitState(registry=JPN, account=None, account_kind=None, status=None)
    block = ItmoBlock(SERIES[0], SerialRange(1, 10))
    one, other = DigestTree(key_of()), DigestTree(key_of())
    one.add(block, state, micro=7)
    other.add(block, state, micro=8)
    assert differing_blocks(one, other) == [ItmoBlock(SERIES[0], SerialRange(1, SERIAL_LIMIT - 1))]


def test_more_leaves_than_a_tree_may_have_are_refused() -> None:
    state = UnitState(registry=JPN, account=None, account_kind=None, status=None)
    block = ItmoBlock(SERIES[0], SerialRange(1, 100))
    with patch.object(digests, "LEAVES_MAX", 10), pytest.raises(TooManyLeavesError):
        DigestTree(key_of()).add(block, state)
