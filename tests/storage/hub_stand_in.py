"""A process that runs the embedded database, writes rows, and says which ones are acknowledged.

`hub_stand_in.py DATA_FOLDER [ROWS]`: one JSON line with the address and the server's pid when
ready, then one line with the number of each committed row; it ends after ROWS rows, and waits
for its end when ROWS is 0.
"""

import asyncio
import itertools
import json
import os
import sys
from pathlib import Path

import asyncpg

from hub.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError


def say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


async def write(dsn: str, rows: int) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE IF NOT EXISTS acknowledged (id bigint PRIMARY KEY)")
    first = await connection.fetchval("SELECT coalesce(max(id), 0) + 1 FROM acknowledged")
    for number in itertools.islice(itertools.count(first), rows):
        await connection.execute("INSERT INTO acknowledged VALUES ($1)", number)
        say(row=number)
    await connection.close()


def main() -> None:
    rows = int(sys.argv[2])
    try:
        with EmbeddedPostgres(Path(sys.argv[1])) as server:
            say(dsn=server.dsn, pid=server.pid, supervises=server.supervises, uid=os.geteuid())
            if rows == 0:
                sys.stdin.read()
            asyncio.run(write(server.dsn, rows))
    except EmbeddedPostgresError as cause:
        say(error=type(cause).__name__, message=str(cause))


if __name__ == "__main__":
    main()
