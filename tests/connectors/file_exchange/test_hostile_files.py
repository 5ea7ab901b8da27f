"""What lies in the folder is not trusted: names, kinds of files, sizes, halves, repetitions."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.file_exchange.folder import is_good_name, is_unfinished
from connectors.file_exchange.pickup import PickUpLimits, is_whole
from tests import builders
from tests.connectors.file_exchange.world import World

LIMITS = PickUpLimits(envelope_bytes_max=20_000, order_seconds_max=0.0)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "shared", limits=LIMITS)


def waiting(world: World) -> Path:
    return world.root / "to-hub" / "messages"


def make_symlink(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def make_folder(path: Path) -> None:
    path.mkdir()


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_large(path: Path) -> None:
    path.write_bytes(b"a" * 20_001)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(make_symlink, "not a plain file", id="a link is not followed"),
        pytest.param(make_folder, "not a plain file", id="a folder is not entered"),
        pytest.param(make_pipe, "not a plain file", id="a pipe blocks nobody"),
        pytest.param(make_large, "too large", id="a large file is not read"),
    ],
)
async def test_what_is_no_plain_small_file_is_put_aside(
    world: World, make: Callable[[Path], None], reason: str
) -> None:
    make(waiting(world) / "a.jws")
    good = world.put(builders.account_notice(), name="b.jws")
    fetched = await world.connector.fetch(None)
    assert fetched.envelopes == (good,)
    (refused,) = world.connector.refused_files
    assert refused.name == "a.jws"
    assert reason in refused.reason
    assert reason in (world.root / "hub" / "refused" / "a.jws.reason.txt").read_text()


@pytest.mark.parametrize(
    "name",
    [
        "message.json",
        "no\nname.jws",
        "-rf.jws",
        "sp ace.jws",
        "über.jws",
        "x" * 130 + ".jws",
        "$(reboot).jws",
        "a.jws.exe",
    ],
)
async def test_a_hostile_name_is_put_aside_under_a_harmless_one(world: World, name: str) -> None:
    world.put(builders.account_notice(), name=name)
    fetched = await world.connector.fetch(None)
    assert fetched.envelopes == ()
    kept = list((world.root / "hub" / "refused").iterdir())
    assert len(kept) == 2
    assert all(path.name.isascii() and len(path.name) < 60 for path in kept)


@pytest.mark.parametrize("name", [".part-1.jws", ".a.jws", "a.jws.part", "a.JWS.FILEPART", "a.tmp"])
async def test_an_upload_under_way_is_left_alone(world: World, name: str) -> None:
    world.put(builders.account_notice(), name=name)
    assert (await world.connector.fetch(None)).envelopes == ()
    assert (waiting(world) / name).exists()
    assert world.connector.refused_files == ()


async def test_a_file_is_read_only_when_it_is_whole(world: World) -> None:
    envelope = world.from_registry(builders.account_notice())
    path = waiting(world) / "slow.jws"
    for size in (0, 10, len(envelope) // 2, len(envelope) - 1):
        path.write_bytes(envelope[:size])
        assert (await world.connector.fetch(None)).envelopes == ()
        assert path.exists()
    path.write_bytes(envelope + b"\r\n")
    assert (await world.connector.fetch(None)).envelopes == (envelope,)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_part_of_an_envelope_is_whole(world: World, data: st.DataObject) -> None:
    envelope = world.from_registry(builders.account_notice())
    size = data.draw(st.integers(0, len(envelope) - 1))
    assert is_whole(envelope)
    assert not is_whole(envelope[:size])


async def test_a_file_that_stays_half_is_put_aside_in_the_end(tmp_path: Path) -> None:
    limits = PickUpLimits(order_seconds_max=0.0, partial_seconds_max=0.0)
    world = World(tmp_path / "shared", limits=limits)
    (waiting(world) / "half.jws").write_bytes(b"eyJ")
    os.utime(waiting(world) / "half.jws", (1, 1))
    await world.connector.fetch(None)
    assert [refused.name for refused in world.connector.refused_files] == ["half.jws"]


async def test_a_half_file_holds_up_those_after_it_for_a_while(tmp_path: Path) -> None:
    world = World(tmp_path / "shared")
    before = world.put(builders.account_notice(), name="a.jws")
    (waiting(world) / "b.jws").write_bytes(b"eyJ")
    after = world.put(builders.account_notice(), name="c.jws")
    fetched = await world.connector.fetch(None)
    assert (fetched.envelopes, fetched.complete) == ((before,), False)
    old = (waiting(world) / "b.jws").stat().st_mtime - 120
    os.utime(waiting(world) / "b.jws", (old, old))
    assert (await world.connector.fetch(fetched.cursor)).envelopes == (after,)


async def test_the_same_file_twice_is_harmless(world: World) -> None:
    envelope = world.put(builders.account_notice(), name="a.jws")
    first = await world.connector.fetch(None)
    (waiting(world) / "a.jws").write_bytes(envelope)
    (waiting(world) / "copy.jws").write_bytes(envelope)
    second = await world.connector.fetch(first.cursor)
    assert second.envelopes == (envelope, envelope)
    third = await world.connector.fetch(second.cursor)
    assert third.envelopes == ()


async def test_another_message_under_a_used_name_is_read_too(world: World) -> None:
    first = world.put(builders.account_notice(), name="a.jws")
    fetched = await world.connector.fetch(None)
    second = world.put(builders.account_notice(), name="a.jws")
    fetched = await world.connector.fetch(fetched.cursor)
    assert fetched.envelopes == (second,)
    await world.connector.fetch(fetched.cursor)
    kept = {path.read_bytes() for path in (world.root / "hub" / "kept").iterdir()}
    assert kept == {first, second}


async def test_a_folder_swapped_for_a_link_is_not_entered(world: World, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    waiting(world).rename(elsewhere)
    waiting(world).symlink_to(elsewhere)
    health = await world.connector.health()
    assert "not a folder" in health.words


@given(st.text(max_size=140))
def test_a_good_name_is_harmless(name: str) -> None:
    if is_good_name(name):
        assert name.isascii()
        assert name.isprintable()
        assert not set(name) & set("/\\ *?$`'\"|;&<>")
        assert name not in {".", ".."}
        assert not is_unfinished(name)
