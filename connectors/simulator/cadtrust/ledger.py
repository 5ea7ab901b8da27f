"""The public ledger: commits become generations after a while, or fail, and staging is emptied."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from connectors.cadtrust.resources import RESOURCES, DataModel, Resource
from connectors.simulator.cadtrust.state import Fields, NodeState
from connectors.simulator.cadtrust.switches import NodeSwitches
from connectors.simulator.kit.control import SwitchBoard


class Ledger:
    """Moves commits along as time passes; called before each request is answered."""

    def __init__(self, state: NodeState, board: SwitchBoard[NodeSwitches]) -> None:
        """Work on the tables of a node, by its switches."""
        self._state = state
        self._board = board

    def push(
        self, model: DataModel, uuids: list[str], author: str, comment: str, at: float
    ) -> None:
        """Send staged rows on their way; nothing is final yet."""
        database = self._state.database
        with database.transaction():
            for each in uuids:
                database.write(
                    "UPDATE staging SET commited = 1, failed = 0, updated_at = ?"
                    " WHERE model = ? AND uuid = ? AND commited = 0",
                    iso(at),
                    model,
                    each,
                )
            database.write(
                "INSERT INTO pushed (model, due_at, author, comment, rows) VALUES (?, ?, ?, ?, ?)",
                model,
                at + self._board.now.confirm_seconds,
                author,
                comment,
                json.dumps(uuids),
            )

    def advance(self, now: float) -> None:
        """Confirm or fail every commit whose time has come."""
        database = self._state.database
        with database.transaction():
            for row in database.read("SELECT * FROM pushed WHERE due_at <= ? ORDER BY id", now):
                model = DataModel(row["model"])
                database.write("DELETE FROM pushed WHERE id = ?", row["id"])
                switches = self._board.now
                if switches.failing_pushes:
                    # A failed push marks all committed rows, whichever commit they came with.
                    self._board.change({"failing_pushes": switches.failing_pushes - 1})
                    database.write(
                        "UPDATE staging SET failed = 1 WHERE model = ? AND commited = 1", model
                    )
                    continue
                self._confirm(model, dict(row), now)

    def _confirm(self, model: DataModel, row: Mapping[str, object], now: float) -> None:
        home = self._state.home()
        assert home is not None, "only a node with a home organisation commits"
        pushed = set(json.loads(str(row["rows"])))
        staged = [each for each in self._state.staging(model) if each["uuid"] in pushed]
        changes: list[tuple[str, str, str]] = []
        for each in staged:
            resource = RESOURCES[model][str(each["resource"])]
            changes += self._apply(resource, home.org_uid, each, now)
        for name in ("author", "comment"):
            if row[name]:
                changes.append(("INSERT", name, json.dumps({name: row[name]})))
        self.record(model, home.org_uid, changes, now, str(row["author"]), str(row["comment"]))
        database = self._state.database
        if self._board.now.empties_staging:
            database.write("DELETE FROM staging WHERE model = ?", model)
            return
        for each in staged:
            database.write("DELETE FROM staging WHERE id = ?", each["id"])

    def _apply(
        self, resource: Resource, org_uid: str, staged: Mapping[str, object], now: float
    ) -> list[tuple[str, str, str]]:
        if staged["action"] == "DELETE":
            self._state.remove(resource, str(staged["uuid"]))
            gone = json.dumps({resource.id_field: staged["uuid"]})
            return [("DELETE", resource.table.lower(), gone)]
        changes = []
        for body in json.loads(str(staged["data"])):
            before = self._state.record(resource, str(body[resource.id_field])) or {}
            # On the ledger an update is a removal and an insertion of one key, shown as INSERT.
            kept = body | {
                "orgUid": org_uid,
                "createdAt": before.get("createdAt", iso(now)),
                "updatedAt": iso(now),
            }
            self._state.put(resource, org_uid, kept)
            changes.append(("INSERT", resource.table.lower(), json.dumps(kept)))
        return changes

    def record(
        self,
        model: DataModel,
        org_uid: str,
        changes: list[tuple[str, str, str]],
        now: float,
        author: str = "",
        comment: str = "",
    ) -> None:
        """Write one generation of an organisation into the audit."""
        generation = self._state.generation(model, org_uid) + 1
        before = self._state.root_hash(model, org_uid)
        root = hashlib.sha256(f"{before}{changes}".encode()).hexdigest()
        home = self._state.home()
        lag = self._board.now.audit_lag_seconds if home and home.org_uid == org_uid else 0.0
        for kind, table, change in changes or [("NO CHANGE", "", "")]:
            self._state.database.write(
                "INSERT INTO audit (model, org_uid, root_hash, type, change, resource,"
                " confirmed_at, author, comment, generation, visible_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                model,
                org_uid,
                root,
                kind,
                change or None,
                table or None,
                now,
                author,
                comment,
                generation,
                now + lag,
            )

    def publish_foreign(self, resource: Resource, org_uid: str, body: Fields, now: float) -> None:
        """Put a record of another organisation on the ledger, as if its node had committed it."""
        with self._state.database.transaction():
            kept = body | {"orgUid": org_uid, "createdAt": iso(now), "updatedAt": iso(now)}
            self._state.put(resource, org_uid, kept)
            change = ("INSERT", resource.table.lower(), json.dumps(kept))
            self.record(resource.model, org_uid, [change], now)


def iso(at: float) -> str:
    """Print seconds since 1970 as the node does."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
