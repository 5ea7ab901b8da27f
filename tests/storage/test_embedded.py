"""The embedded database: it starts anywhere, loses nothing, and leaves nothing behind."""

import asyncpg


async def test_each_test_gets_an_empty_database(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        tables = await connection.fetchval(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
        assert tables == 0
        await connection.execute("CREATE TABLE public.left_behind (id int)")
    finally:
        await connection.close()


test_and_what_one_test_leaves_the_next_does_not_see = test_each_test_gets_an_empty_database


async def test_what_is_committed_is_on_disk_whatever_a_settings_file_says(
    database_url: str,
) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert await connection.fetchval(f"SHOW {setting}") == "on"
    finally:
        await connection.close()
