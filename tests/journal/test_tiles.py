"""Tiles and entry bundles are cut, named and read as C2SP tlog-tiles says."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.journal.bundles import (
    ENTRY_SIZE_BYTES_MAX,
    MalformedBundleError,
    decode_bundle,
    encode_bundle,
)
from hub.journal.merkle import Frontier, append, leaf_hash, root_of
from hub.journal.proofs import (
    NodeId,
    plan_consistency,
    plan_inclusion,
    verify_consistency,
    verify_inclusion,
)
from hub.journal.tiles import (
    TileFile,
    TileId,
    extensions_of,
    files_for,
    files_of,
    frontier_from_tiles,
    node_reader,
    parse_tile_path,
    plan_frontier,
    split_hashes,
    tiles_for,
)

SIZE_MAX = 70_000
LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(SIZE_MAX)]

# The tree of 70,000 leaves, grown in batches that end before, at and after tile borders.
CUTS = (0, 1, 255, 256, 257, 512, 1_000, 65_535, 65_536, 65_537, SIZE_MAX)


def grow_tiles(sizes: tuple[int, ...]) -> dict[TileId, bytes]:
    """Keep tiles as a store does: append to each, and only where the last batch ended."""
    tiles: dict[TileId, bytes] = {}
    frontier = Frontier()
    for size in sizes:
        growth = append(frontier, LEAVES[frontier.size : size])
        for extension in extensions_of(growth):
            held = tiles.get(extension.tile, b"")
            assert len(held) == extension.start_width * 32
            tiles[extension.tile] = held + extension.hashes
            assert len(tiles[extension.tile]) == extension.end_width * 32
        frontier = growth.after
    return tiles


TILES = grow_tiles(CUTS)


def test_tiles_are_the_same_however_the_log_has_grown() -> None:
    assert grow_tiles((SIZE_MAX,)) == TILES


def test_each_hash_of_a_tile_is_the_root_of_the_full_tile_below() -> None:
    for tile, data in TILES.items():
        hashes = split_hashes(data)
        if tile.level == 0:
            assert hashes == LEAVES[tile.position * 256 : (tile.position + 1) * 256]
        else:
            below = [tile.position * 256 + number for number in range(len(hashes))]
            full = [TILES[TileId(tile.level - 1, position)] for position in below]
            assert hashes == [root_of(split_hashes(child)) for child in full]


def test_a_tree_of_70000_has_the_tiles_that_the_format_names() -> None:
    files = list(files_of(SIZE_MAX))
    assert Counter((file.level, file.width) for file in files) == {
        (0, 256): 273,
        (0, 112): 1,
        (1, 256): 1,
        (1, 17): 1,
        (2, 1): 1,
    }
    stored = {TileFile(tile.level, tile.position, len(data) // 32) for tile, data in TILES.items()}
    assert stored == set(files)


def test_a_tree_of_256_has_a_full_tile_and_one_hash_above_it() -> None:
    assert list(files_of(256)) == [TileFile(0, 0), TileFile(1, 0, 1)]
    assert list(files_of(0)) == []


@pytest.mark.parametrize(
    ("file", "path"),
    [
        (TileFile(0, 5), "tile/0/005"),
        (TileFile(0, 1234), "tile/0/x001/234"),
        (TileFile(3, 1234067), "tile/3/x001/x234/067"),
        (TileFile(63, 0, 1), "tile/63/000.p/1"),
        (TileFile(0, 1000, 255), "tile/0/x001/000.p/255"),
        (TileFile(None, 1234), "tile/entries/x001/234"),
        (TileFile(None, 0, 16), "tile/entries/000.p/16"),
    ],
)
def test_a_file_has_the_path_that_the_format_gives_it(file: TileFile, path: str) -> None:
    assert file.path == path
    assert parse_tile_path(path) == file


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/5",
        "tile/0/1234",
        "tile/0/001/234",
        "tile/0/x001/x234",
        "tile/0/x000/005",
        "tile/00/005",
        "tile/64/005",
        "tile/-1/005",
        "tile/data/005",
        "tile/0/005.p/0",
        "tile/0/005.p/256",
        "tile/0/005.p/01",
        "tile/0/005.p/",
        "tile/0/005/",
        "/tile/0/005",
        "tile/0/005\n",
        "tile/0/٠٠٥",  # noqa: RUF001 - digits that are not ASCII
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/../checkpoint",
        "checkpoint",
    ],
)
def test_any_other_path_names_no_file(path: str) -> None:
    assert parse_tile_path(path) is None


@given(
    level=st.none() | st.integers(0, 63),
    position=st.integers(0, 10**18 - 1),
    width=st.integers(1, 256),
)
def test_every_file_is_found_by_its_path(level: int | None, position: int, width: int) -> None:
    file = TileFile(level, position, width)
    assert parse_tile_path(file.path) == file


@pytest.mark.parametrize(
    ("file", "size", "served"),
    [
        (TileFile(0, 0), 255, False),
        (TileFile(0, 0, 255), 255, True),
        (TileFile(0, 0, 3), 255, True),
        (TileFile(0, 0), 256, True),
        (TileFile(None, 1, 1), 256, False),
        (TileFile(None, 1, 1), 257, True),
        (TileFile(1, 0, 1), 255, False),
        (TileFile(1, 0, 1), 256, True),
        (TileFile(1, 0), 65_536, True),
        (TileFile(63, 0, 1), 2**62, False),
    ],
)
def test_a_file_is_served_once_the_tree_has_all_of_it(
    file: TileFile, size: int, *, served: bool
) -> None:
    assert file.is_within(size) is served


@given(size=st.integers(1, SIZE_MAX), data=st.data())
def test_proofs_read_from_tiles_verify(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root = root_of(LEAVES[:size])
    plan = plan_inclusion(index, size)
    proof = plan.resolve(node_reader(TILES))
    assert verify_inclusion(LEAVES[index], index=index, tree_size=size, proof=proof, root=root)
    growth = plan_consistency(index + 1, size).resolve(node_reader(TILES))
    assert verify_consistency(
        first_size=index + 1,
        second_size=size,
        first_root=root_of(LEAVES[: index + 1]),
        second_root=root,
        proof=growth,
    )


@given(size=st.integers(0, SIZE_MAX), data=st.data())
def test_the_files_to_fetch_are_enough_and_are_there(size: int, data: st.DataObject) -> None:
    nodes = plan_frontier(size).nodes()
    if size:
        nodes += plan_inclusion(data.draw(st.integers(0, size - 1)), size).nodes()
    files = files_for(nodes, size)
    assert all(file.is_within(size) for file in files)
    fetched = {
        TileId(file.level or 0, file.position): TILES[TileId(file.level or 0, file.position)][
            : file.width * 32
        ]
        for file in files
    }
    assert fetched.keys() == tiles_for(nodes)
    assert frontier_from_tiles(size, fetched).root() == root_of(LEAVES[:size])


def test_a_node_beyond_the_tree_is_in_no_file() -> None:
    assert files_for([NodeId(0, 300)], 256) == frozenset()


def test_a_tile_that_is_missing_or_too_short_is_never_read_over() -> None:
    node = NodeId(3, 1)
    with pytest.raises(KeyError):
        node_reader({})(node)
    with pytest.raises(ValueError, match="0/0 is too short"):
        node_reader({TileId(0, 0): TILES[TileId(0, 0)][: 16 * 32 - 1]})(node)


@given(entries=st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_reads_back_and_every_shorter_one_is_refused(entries: list[bytes]) -> None:
    data = encode_bundle(entries)
    assert decode_bundle(data, width=len(entries)) == tuple(entries)
    for cut in (data[:-1], data + b"\0", data + b"\0\0"):
        with pytest.raises(MalformedBundleError):
            decode_bundle(cut, width=len(entries))


def test_a_bundle_is_written_to_the_byte() -> None:
    assert encode_bundle([b"one", b""]) == b"\x00\x03one\x00\x00"
    longest = b"x" * ENTRY_SIZE_BYTES_MAX
    assert encode_bundle([longest]) == b"\xff\xff" + longest


@pytest.mark.parametrize(
    "entries",
    [[], [b""] * 257, [b"x" * (ENTRY_SIZE_BYTES_MAX + 1)]],
    ids=["no entries", "257 entries", "an entry too long"],
)
def test_a_bundle_that_the_format_cannot_hold_is_not_written(entries: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"bundle|entry"):
        encode_bundle(entries)
