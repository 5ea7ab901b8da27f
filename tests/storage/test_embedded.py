"""The embedded database: it starts anywhere, loses nothing, and leaves nothing behind."""

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.engine import make_url

from hub.storage.embedded import (
    DataFolderError,
    EmbeddedPostgres,
    ServerStartError,
    UnsupportedPlatformError,
    bound_child,
    server,
)
from hub.storage.embedded.account import ServerAccount

STAND_IN = Path(__file__).with_name("hub_stand_in.py")
ROOT_FOLDER = Path(__file__).parents[2]
LIBRARIES = [path for path in sys.path if path.endswith("site-packages")]
NOBODY = ServerAccount(uid=65534, gid=65534, dropped=True)
ROUNDS = 3
LINUX = sys.platform.startswith("linux")
AS_ROOT = os.name == "posix" and os.geteuid() == 0

only_as_root = pytest.mark.skipif(not AS_ROOT, reason="only root can become another user")
only_on_linux = pytest.mark.skipif(not LINUX, reason="the parent-death signal is Linux's own")


def ask(dsn: str, query: str) -> Any:
    async def run() -> Any:
        connection = await asyncpg.connect(dsn, timeout=5)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(run())


def within(seconds: float, what: str, holds: Callable[[], bool]) -> float:
    started_at = time.monotonic()
    while not holds():
        assert time.monotonic() - started_at < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.01)
    return time.monotonic() - started_at


def answers(dsn: str) -> bool:
    try:
        return bool(ask(dsn, "SELECT 1") == 1)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


def servers_in(data: Path) -> list[psutil.Process]:
    return server._processes_in(data / "postgresql" / "cluster")


def nothing_runs_in(data: Path) -> bool:
    return not servers_in(data)


class StandIn:
    """A hub in a process of its own, which can be killed."""

    def __init__(
        self, data: Path, *, rows: int = 0, python: str = sys.executable, as_nobody: bool = False
    ) -> None:
        self.data = data
        self.process = subprocess.Popen(
            [python, str(STAND_IN), str(data), str(rows)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT_FOLDER,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT_FOLDER), *LIBRARIES])},
            **(NOBODY.identity if as_nobody else {}),
        )
        self.facts: dict[str, Any] = self.says()

    def says(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return dict(json.loads(self.process.stdout.readline() or "{}"))

    def kill(self) -> int:
        """kill -9; the number of the last row that was acknowledged."""
        self.process.kill()
        rest, _ = self.process.communicate()
        rows = [json.loads(line)["row"] for line in rest.splitlines() if line.endswith("}")]
        return rows[-1] if rows else 0


@pytest.fixture
def stand_in() -> Iterator[Callable[..., StandIn]]:
    started: list[StandIn] = []

    def start(*arguments: Any, **options: Any) -> StandIn:
        started.append(StandIn(*arguments, **options))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        within(20, "its server ends too", partial(nothing_runs_in, each.data))


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that was started once; initdb takes longer than all the rest of a test."""
    data = tmp_path_factory.mktemp("made") / "data"
    with EmbeddedPostgres(data):
        return data


@pytest.fixture
def data(made_once: Path, tmp_path: Path) -> Path:
    """A data folder of the test's own, as a hub left it that was stopped."""
    subprocess.run(["cp", "--archive", made_once, tmp_path], check=True)
    return tmp_path / made_once.name


# Everyday use


async def test_each_test_gets_an_empty_database(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert await connection.fetchval(tables) == 0
        await connection.execute("CREATE TABLE public.left_behind (id int)")
    finally:
        await connection.close()


test_and_what_one_test_leaves_the_next_does_not_see = test_each_test_gets_an_empty_database


def test_a_first_start_makes_the_data_and_a_second_finds_them(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path) as postgres:
        ask(postgres.dsn, "CREATE TABLE kept AS SELECT 7158 AS tonnes")
        assert postgres.supervises
    with EmbeddedPostgres(tmp_path) as postgres:
        assert ask(postgres.dsn, "SELECT tonnes FROM kept") == 7158


async def test_it_starts_inside_an_event_loop_and_outlives_the_pool_of_threads(
    tmp_path: Path,
) -> None:
    loop = asyncio.get_running_loop()
    async with EmbeddedPostgres(tmp_path) as postgres:
        # A parent-death signal follows the thread that started the child, not the process.
        await loop.shutdown_default_executor()
        await asyncio.sleep(0.3)
        connection = await asyncpg.connect(postgres.dsn)
        await connection.close()
        loop._default_executor = None  # type: ignore[attr-defined]
        loop._executor_shutdown_called = False  # type: ignore[attr-defined]


async def test_sqlalchemy_reads_the_same_address(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path / "a folder, with % and ü & signs") as postgres:
        _, arguments = asyncpg_dialect().create_connect_args(make_url(postgres.dsn))
        connection = await asyncpg.connect(**arguments)
        try:
            assert await connection.fetchval("SELECT current_user") == "itmo_hub"
        finally:
            await connection.close()


def test_the_address_holds_no_secret(data: Path) -> None:
    with EmbeddedPostgres(data) as postgres:
        password = (data / "postgresql" / "pgpass").read_text().strip().rpartition(":")[2]
        assert len(password) > 30
        assert password not in postgres.dsn


def test_nobody_gets_in_without_the_secret(data: Path) -> None:
    with (
        EmbeddedPostgres(data) as postgres,
        pytest.raises(asyncpg.InvalidPasswordError),
    ):
        ask(postgres.dsn.replace("postgresql://itmo_hub@", "postgresql://itmo_hub:guess@"), "")


def test_data_and_secret_are_private_and_no_network_port_is_open(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with EmbeddedPostgres(tmp_path / "data") as postgres:
        for path in ("data", "data/postgresql", "data/postgresql/cluster"):
            assert stat.S_IMODE((tmp_path / path).stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "data/postgresql/pgpass").stat().st_mode) == 0o600
        assert ask(postgres.dsn, "SHOW listen_addresses") == ""
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755, "a parent's permissions were touched"


def test_durability_cannot_be_switched_off(data: Path) -> None:
    settings = {"fsync": "off", "synchronous_commit": "off", "work_mem": "7MB"}
    with EmbeddedPostgres(data, settings=settings) as postgres:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert ask(postgres.dsn, f"SHOW {setting}") == "on"
        assert ask(postgres.dsn, "SHOW work_mem") == "7MB"


def test_stop_leaves_no_process_and_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = Path(tempfile.mkdtemp(dir="/tmp"))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    data = tmp_path / ("long" * 40)
    with EmbeddedPostgres(data) as postgres:
        assert answers(postgres.dsn)
        assert list(temporary.iterdir())
    assert list(temporary.iterdir()) == []
    assert servers_in(data) == []
    temporary.rmdir()


@pytest.mark.parametrize("where", ["data", "temporary files", "both"])
def test_a_path_too_long_for_a_socket_is_no_obstacle(
    tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir()
    if where != "data":
        monkeypatch.setattr(tempfile, "tempdir", str(long))
    with EmbeddedPostgres(tmp_path if where == "temporary files" else long) as postgres:
        assert ask(postgres.dsn, "SELECT 1") == 1


def test_a_ctrl_c_meant_for_the_hub_does_not_reach_the_server(data: Path) -> None:
    with EmbeddedPostgres(data) as postgres:
        assert postgres.pid is not None
        assert os.getpgid(postgres.pid) != os.getpgid(0)


# Faults


def test_kill_9_of_the_server_loses_no_acknowledged_row(
    data: Path, stand_in: Callable[..., StandIn]
) -> None:
    hub = stand_in(data)
    dsn = hub.facts["dsn"]
    ask(dsn, "CREATE TABLE acknowledged (id int PRIMARY KEY)")
    for number in range(1, ROUNDS + 1):
        ask(dsn, "INSERT INTO acknowledged SELECT count(*) + 1 FROM acknowledged RETURNING id")
        # The oldest process is the postmaster; those it leaves must not be in the way.
        min(servers_in(data), key=lambda process: process.create_time()).kill()
        within(20, "the supervisor restarts the server", lambda: answers(dsn))
        assert ask(dsn, "SELECT count(*) FROM acknowledged") == number


def test_kill_9_of_everything_loses_no_acknowledged_row(
    data: Path, stand_in: Callable[..., StandIn]
) -> None:
    acknowledged = 0
    for _ in range(ROUNDS):
        hub = stand_in(data, rows=1_000_000)
        for _ in range(20):
            acknowledged = hub.says()["row"]
        hub.process.send_signal(signal.SIGSTOP)
        for process in servers_in(data):
            process.kill()
        acknowledged = max(acknowledged, hub.kill())
        with EmbeddedPostgres(data) as postgres:
            assert ask(postgres.dsn, "SELECT max(id) FROM acknowledged") >= acknowledged
            assert ask(postgres.dsn, "SELECT max(id) - count(*) FROM acknowledged") == 0


@only_on_linux
def test_kill_9_of_the_hub_leaves_no_orphan(data: Path, stand_in: Callable[..., StandIn]) -> None:
    hub = stand_in(data, rows=1_000_000)
    assert hub.says()["row"] == 1
    assert servers_in(data)
    hub.kill()
    within(10, "the server ends with its hub", lambda: not servers_in(data))


def test_a_hub_that_starts_right_after_kill_9_needs_no_hand(
    data: Path, stand_in: Callable[..., StandIn]
) -> None:
    for _ in range(ROUNDS):
        hub = stand_in(data, rows=1_000_000)
        hub.says()
        hub.kill()
        with EmbeddedPostgres(data) as postgres:
            assert postgres.supervises
            assert answers(postgres.dsn)


def test_a_server_that_hangs_without_its_hub_is_ended_by_the_next(
    data: Path, stand_in: Callable[..., StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = stand_in(data)
    left = servers_in(data)
    for process in left:
        process.suspend()
    hub.kill()
    quickly = tuple((number, 0.2) for number, _ in server.FAREWELL)
    monkeypatch.setattr(server, "FAREWELL", quickly)
    with EmbeddedPostgres(data) as postgres:
        assert answers(postgres.dsn)
        assert not {process.pid for process in left} & {p.pid for p in servers_in(data)}


def test_a_start_that_was_killed_in_the_middle_of_initdb_is_begun_anew(tmp_path: Path) -> None:
    unfinished = tmp_path / "postgresql" / "cluster.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(tmp_path) as postgres:
        assert answers(postgres.dsn)
    assert not unfinished.exists()


def test_a_pid_file_whose_number_now_belongs_to_a_stranger_is_no_obstacle(data: Path) -> None:
    with EmbeddedPostgres(data) as postgres:
        account = postgres._cluster.account
    cluster = data / "postgresql" / "cluster"
    # PostgreSQL itself would refuse: the stranger is alive and belongs to the server's own user.
    stranger = subprocess.Popen(["sleep", "60"], cwd="/", **account.identity)
    try:
        lines = [stranger.pid, cluster, 1, 5432, ".", "", " 16074338 4", "ready   "]
        (cluster / "postmaster.pid").write_text("\n".join(map(str, lines)) + "\n")
        (cluster / ".s.PGSQL.5432.lock").write_text("\n".join(map(str, lines[:5])) + "\n")
        with EmbeddedPostgres(data) as postgres:
            assert answers(postgres.dsn)
            assert postgres.pid != stranger.pid
        assert stranger.poll() is None, "a stranger was harmed"
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_started_by_hand_is_named_and_left_alone(data: Path) -> None:
    with EmbeddedPostgres(data) as postgres:
        account = postgres._cluster.account
        program = psutil.Process(postgres.pid).exe()
    cluster = data / "postgresql" / "cluster"
    with account.name_for(cluster) as folder:
        by_hand = subprocess.Popen(
            [program, f"-D{folder.name}", "-clisten_addresses=", "-k."],
            cwd="/",
            stderr=subprocess.DEVNULL,
            pass_fds=folder.descriptors,
            **account.identity,
        )
    try:
        ready = postgres._cluster
        within(20, "it starts", lambda: (says := ready.pid_file()) is not None and says.ready)
        with pytest.raises(ServerStartError, match=rf"did not start.*process {by_hand.pid}\)"):
            EmbeddedPostgres(data).start()
        assert by_hand.poll() is None
    finally:
        by_hand.send_signal(signal.SIGINT)
        by_hand.wait(20)


def test_a_server_that_cannot_start_says_why_with_its_log(data: Path) -> None:
    with pytest.raises(ServerStartError, match="no_such_setting"):
        EmbeddedPostgres(data, settings={"no_such_setting": "on"}).start()
    with EmbeddedPostgres(data) as postgres:
        assert answers(postgres.dsn)


def test_a_start_that_takes_too_long_is_given_up_and_leaves_nothing(data: Path) -> None:
    with pytest.raises(ServerStartError, match="not ready in time"):
        EmbeddedPostgres(data, start_seconds_max=0.01).start()
    assert servers_in(data) == []


@only_on_linux
def test_a_server_whose_hub_died_before_it_could_ask_for_the_signal_does_not_start() -> None:
    not_our_parent = "0"
    started = subprocess.run(
        [sys.executable, bound_child.__file__, not_our_parent, "65534", "65534", "/bin/echo", "!"],
        capture_output=True,
        check=True,
    )
    assert started.stdout == b""


# Several hubs on one folder


def test_a_second_hub_uses_the_server_of_the_first(data: Path) -> None:
    with EmbeddedPostgres(data) as first, EmbeddedPostgres(data) as second:
        assert (first.supervises, second.supervises) == (True, False)
        assert first.pid == second.pid
        assert answers(second.dsn)


def test_the_end_of_the_second_hub_is_nothing_to_the_first(data: Path) -> None:
    with EmbeddedPostgres(data) as first:
        pid = first.pid
        with EmbeddedPostgres(data):
            pass
        assert answers(first.dsn)
        assert first.pid == pid


@pytest.mark.parametrize("end", ["stop", "kill -9"])
def test_when_the_first_hub_goes_the_second_takes_over_under_the_same_address(
    data: Path, stand_in: Callable[..., StandIn], end: str
) -> None:
    first = stand_in(data)
    with EmbeddedPostgres(data) as second:
        dsn = second.dsn
        assert not second.supervises
        ask(dsn, "CREATE TABLE kept AS SELECT 1 AS id")
        if end == "stop":
            first.process.communicate("")
        else:
            first.kill()
        within(20, "the second takes over", lambda: second.supervises and answers(dsn))
        assert second.dsn == dsn
        assert ask(dsn, "SELECT id FROM kept") == 1


def test_hubs_that_start_at_the_same_moment_make_one_cluster(tmp_path: Path) -> None:
    hubs = [EmbeddedPostgres(tmp_path) for _ in range(4)]
    starts = [threading.Thread(target=hub.start) for hub in hubs]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    try:
        assert sum(hub.supervises for hub in hubs) == 1
        assert len({hub.pid for hub in hubs}) == 1
        assert all(answers(hub.dsn) for hub in hubs)
    finally:
        for hub in reversed(hubs):
            hub.stop()


# Users, folders, systems


@pytest.mark.parametrize(
    "platform", ["win32", pytest.param("darwin", marks=only_as_root, id="darwin as root")]
)
def test_where_it_is_not_offered_it_says_so_and_what_to_do(
    data: Path, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(UnsupportedPlatformError, match=r"DATABASE_URL|use an ordinary user"):
        EmbeddedPostgres(data)


def test_a_folder_that_cannot_be_made_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderError, match="Name a folder in the settings"):
        EmbeddedPostgres(tmp_path / "file" / "data").start()


@pytest.fixture(scope="session")
def python_for_nobody() -> str:
    """An interpreter that another user can run; ours may lie in a private home."""
    ours = f"import sys; sys.path += {LIBRARIES!r}; import asyncpg, psutil, structlog"
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        try:
            subprocess.run(
                [python, "-c", ours], check=True, capture_output=True, cwd="/", **NOBODY.identity
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return python
    pytest.skip("there is no interpreter here that another user could run")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that others can reach; those of pytest belong to the user alone."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="itmo-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@only_as_root
def test_root_runs_the_server_as_another_user_even_below_a_private_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with EmbeddedPostgres(tmp_path / "data") as postgres:
        assert psutil.Process(postgres.pid).uids().real != 0
        assert ask(postgres.dsn, "SELECT 1") == 1
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


@only_as_root
def test_an_ordinary_user_runs_it_as_itself(
    open_folder: Path, stand_in: Callable[..., StandIn], python_for_nobody: str
) -> None:
    data = open_folder / "data"
    data.mkdir()
    os.chown(data, NOBODY.uid, NOBODY.gid)
    hub = stand_in(data, rows=3, python=python_for_nobody, as_nobody=True)
    assert hub.facts.get("uid") == NOBODY.uid, hub.facts
    assert psutil.Process(hub.facts["pid"]).uids().real == NOBODY.uid
    assert [hub.says()["row"] for _ in range(3)] == [1, 2, 3]


@only_as_root
def test_root_can_go_on_with_the_data_of_an_ordinary_user(
    open_folder: Path, stand_in: Callable[..., StandIn], python_for_nobody: str
) -> None:
    data = open_folder / "data"
    data.mkdir()
    os.chown(data, NOBODY.uid, NOBODY.gid)
    stand_in(data, rows=3, python=python_for_nobody, as_nobody=True).process.communicate("")
    with EmbeddedPostgres(data) as postgres:
        assert ask(postgres.dsn, "SELECT max(id) FROM acknowledged") == 3
        assert psutil.Process(postgres.pid).uids().real == NOBODY.uid


@only_as_root
def test_a_folder_that_the_user_may_not_write_is_refused_with_advice(
    open_folder: Path, stand_in: Callable[..., StandIn], python_for_nobody: str
) -> None:
    (open_folder / "data").mkdir()
    hub = stand_in(open_folder / "data", python=python_for_nobody, as_nobody=True)
    assert hub.facts["error"] == "DataFolderError"
    assert "Name a folder in the settings" in hub.facts["message"]
