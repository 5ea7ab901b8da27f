"""PostgreSQL as a part of the hub: found, started, watched and stopped, in a folder of data.

    with EmbeddedPostgres(Path("data")) as server:
        connection = await asyncpg.connect(server.dsn)

Who stops the server, when several hubs share a folder: the hub that holds `hub.lock` is the
supervisor; it alone starts and stops the server. The others use the server it runs, and the first
of them to get the lock when it goes, by a stop or by kill -9, starts the server again under the
same address. Every server process inherits `server.lock`, so that whoever is the supervisor next
knows when nothing of the previous server lives, and ends what does.
"""

from hub.storage.embedded.errors import (
    DataFolderError,
    EmbeddedPostgresError,
    NoUsableBinariesError,
    ServerStartError,
    UnsupportedPlatformError,
)
from hub.storage.embedded.supervisor import EmbeddedPostgres

__all__ = [
    "DataFolderError",
    "EmbeddedPostgres",
    "EmbeddedPostgresError",
    "NoUsableBinariesError",
    "ServerStartError",
    "UnsupportedPlatformError",
]
