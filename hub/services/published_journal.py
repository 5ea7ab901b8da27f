"""What the public may read of the journal: nothing beyond the published checkpoint."""

from hub.journal.bundles import encode_bundle
from hub.journal.merkle import HASH_SIZE_BYTES
from hub.journal.tiles import TILE_WIDTH, TileId, parse_tile_path
from hub.storage.database import Database
from hub.storage.queries.checkpoints import latest_published
from hub.storage.queries.journal import read_entries, read_tiles


class PublishedJournal:
    """Reads tiles and entry bundles as they were at the published size."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def checkpoint(self) -> bytes | None:
        """Return the published checkpoint, a signed note."""
        async with self._database.reading() as connection:
            published = await latest_published(connection)
        return None if published is None else published.note

    async def tile(self, path: str) -> bytes | None:
        """Return the content of a tile or bundle; None when the published tree has no such file."""
        file = parse_tile_path(path)
        if file is None:
            return None
        async with self._database.reading() as connection:
            published = await latest_published(connection)
            if published is None or not file.is_within(published.size):
                return None
            if file.level is None:
                first = file.position * TILE_WIDTH
                return encode_bundle(await read_entries(connection, first, file.width))
            tile = TileId(file.level, file.position)
            hashes = (await read_tiles(connection, [tile])).get(tile, b"")
        return hashes[: file.width * HASH_SIZE_BYTES]
