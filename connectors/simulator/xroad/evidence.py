"""The message log: what passed, and the containers made of it on request."""

import io
import zipfile
from typing import Final

from connectors.simulator.kit.database import Database

MIMETYPE: Final = "application/vnd.etsi.asic-e+zip"
TABLES: Final = """
CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    query_id TEXT NOT NULL, request_id TEXT NOT NULL,
    request BLOB NOT NULL, request_body BLOB NOT NULL,
    response BLOB NOT NULL, response_body BLOB NOT NULL
);
"""
_UNSIGNED: Final = b"<!-- a simulated security server signs nothing -->\n"


class MessageLog:
    """Messages by the id of their exchange, which a client may use more than once."""

    def __init__(self, database: Database) -> None:
        """Keep them in `database`."""
        self._database = database

    def keep(
        self,
        query_id: str,
        request_id: str,
        *,
        request: tuple[bytes, bytes],
        response: tuple[bytes, bytes],
    ) -> None:
        """Log one exchange, before it is answered."""
        columns = "query_id, request_id, request, request_body, response, response_body"
        self._database.write(
            f"INSERT INTO message ({columns}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 (constant)
            query_id,
            request_id,
            *request,
            *response,
        )

    def container(self, query_id: str) -> bytes | None:
        """Return the container of the newest exchange under an id; None when there is none."""
        rows = self._database.read(
            "SELECT * FROM message WHERE query_id = ? ORDER BY number DESC LIMIT 1", query_id
        )
        if not rows:
            return None
        parts = {
            "mimetype": MIMETYPE.encode(),
            "message.bin": rows[0]["request"] + rows[0]["request_body"],
            "response.bin": rows[0]["response"] + rows[0]["response_body"],
            "META-INF/signatures.xml": _UNSIGNED,
            "META-INF/manifest.xml": _UNSIGNED,
        }
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as container:
            for name, content in parts.items():
                container.writestr(name, content)
        return packed.getvalue()
