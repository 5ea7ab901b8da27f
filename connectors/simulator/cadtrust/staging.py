"""Private preparation of changes: staged, edited, dropped, and committed to the ledger."""

import json
from collections.abc import Callable, Mapping

from connectors.cadtrust.resources import RESOURCES, V1_UNIT, DataModel, Resource
from connectors.simulator.cadtrust import texts
from connectors.simulator.cadtrust.bodies import checked, completed, spelling
from connectors.simulator.cadtrust.ledger import Ledger, iso
from connectors.simulator.cadtrust.refusals import InvalidError, RefusedError
from connectors.simulator.cadtrust.state import Fields, NodeState, Organisation, new_id
from connectors.simulator.cadtrust.switches import NodeSwitches
from connectors.simulator.kit.control import SwitchBoard

_SPLIT_FIELDS = (
    "unitOwner",
    "unitStatus",
    "countryJurisdictionOfOwner",
    "inCountryJurisdictionOfOwner",
    "marketplace",
    "marketplaceIdentifier",
)
_SPLIT_RECORDS_MIN = 2


class Staging:
    """The writing calls of one node."""

    def __init__(
        self,
        state: NodeState,
        board: SwitchBoard[NodeSwitches],
        ledger: Ledger,
        now: Callable[[], float],
    ) -> None:
        """Work on the tables of a node, by its switches and its clock."""
        self._state = state
        self._board = board
        self._ledger = ledger
        self._now = now

    def create(self, resource: Resource, body: Mapping[str, object]) -> str:
        """Stage a new record and return the id that it will have."""
        home = self.writable(resource.model)
        fields = checked(resource, body, self._board.now)
        self._refer(resource, fields)
        record_id = new_id()
        self._stage(
            resource, "INSERT", record_id, [self._completed(resource, fields, record_id, home)]
        )
        return record_id

    def change(self, resource: Resource, record_id: str, body: Mapping[str, object]) -> None:
        """Stage a new version of a record: what is not in the body is dropped."""
        home = self.writable(resource.model)
        fields = checked(resource, body, self._board.now)
        self._own(resource, record_id, home)
        self._refer(resource, fields)
        self._stage(
            resource, "UPDATE", record_id, [self._completed(resource, fields, record_id, home)]
        )

    def remove(self, resource: Resource, record_id: str) -> None:
        """Stage the removal of a record."""
        home = self.writable(resource.model)
        self._own(resource, record_id, home)
        self._stage(resource, "DELETE", record_id, [])

    def split(self, body: Mapping[str, object]) -> None:
        """Stage the split of a v1 unit: its first part keeps the id. Ranges are not looked at."""
        home = self.writable(DataModel.V1)
        unit_id, parts = str(body.get("warehouseUnitId")), body.get("records")
        if not isinstance(parts, list) or len(parts) < _SPLIT_RECORDS_MIN:
            raise InvalidError(['"records" must contain at least 2 items'])
        unit = self._own(V1_UNIT, unit_id, home)
        total = sum(int(part["unitCount"]) for part in parts)
        if total != unit["unitCount"]:
            raise RefusedError(texts.SPLIT_COUNT.format(total, unit["unitCount"]))
        records = []
        for place, part in enumerate(parts):
            given = {name: part[name] for name in _SPLIT_FIELDS if name in part}
            records.append(
                unit
                | given
                | {
                    "warehouseUnitId": new_id() if place else unit_id,
                    "unitCount": part["unitCount"],
                    "unitBlockStart": part["unitBlockStart"],
                    "unitBlockEnd": part["unitBlockEnd"],
                    "serialNumberBlock": f"{part['unitBlockStart']}-{part['unitBlockEnd']}",
                }
            )
        self._stage(V1_UNIT, "UPDATE", unit_id, records)

    def edit(self, model: DataModel, uuid: str, data: list[Fields]) -> None:
        """Replace what is staged under an id."""
        self.writable(model)
        self._staged(model, uuid)
        self._state.database.write(
            "UPDATE staging SET data = ?, updated_at = ? WHERE model = ? AND uuid = ?",
            json.dumps(data),
            iso(self._now()),
            model,
            uuid,
        )

    def drop(self, model: DataModel, uuid: str) -> None:
        """Take one row out of staging."""
        self.writable(model)
        self._staged(model, uuid)
        self._state.database.write("DELETE FROM staging WHERE model = ? AND uuid = ?", model, uuid)

    def clean(self, model: DataModel) -> None:
        """Empty staging."""
        self.writable(model)
        self._state.database.write("DELETE FROM staging WHERE model = ?", model)

    def retry(self, model: DataModel, uuid: str) -> None:
        """Make a failed row a staged one again."""
        self.writable(model)
        self._staged(model, uuid)
        self._state.database.write(
            "UPDATE staging SET commited = 0, failed = 0 WHERE model = ? AND uuid = ?", model, uuid
        )

    def commit(self, model: DataModel, table: str | None, body: Mapping[str, object]) -> None:
        """Send staged rows to the ledger: those whose ids stand in the body, or all."""
        self.writable(model)
        waiting = [row for row in self._state.staging(model) if not row["commited"]]
        if not waiting:
            raise RefusedError(texts.NOTHING_STAGED)
        ids = body.get("ids")
        chosen = [
            str(row["uuid"])
            for row in waiting
            if (not isinstance(ids, list) or row["uuid"] in ids)
            and (table is None or RESOURCES[model][str(row["resource"])].table == table)
        ]
        if not chosen:
            raise RefusedError(texts.NOTHING_MATCHES)
        author, comment = (str(body.get(name) or "") for name in ("author", "comment"))
        self._ledger.push(model, chosen, author, comment, self._now())

    def writable(self, model: DataModel) -> Organisation:
        """Return the home organisation if the node takes changes now."""
        switches = self._board.now
        if switches.read_only:
            raise RefusedError(texts.READ_ONLY)
        home = self._state.home()
        if home is None:
            raise RefusedError(texts.NO_HOME)
        if not switches.wallet_synced:
            raise RefusedError(texts.WALLET_SYNCING)
        if self._state.has_pushed(model):
            raise RefusedError(texts.PENDING)
        return home

    def _completed(
        self, resource: Resource, fields: Fields, record_id: str, home: Organisation
    ) -> Fields:
        spelt = spelling(resource, self._board.now)
        record = completed(resource, fields, spelt, record_id, home.org_uid)
        return record | {"timeStaged": int(self._now())}

    def _own(self, resource: Resource, record_id: str, home: Organisation) -> Fields:
        record = self._state.record(resource, record_id)
        if record is None:
            known = {"units": texts.UNKNOWN_UNIT, "projects": texts.UNKNOWN_PROJECT}
            text = known.get(resource.name)
            raise RefusedError(
                texts.UNKNOWN_RECORD.format(resource.name, resource.id_field, record_id)
                if text is None
                else text.format(record_id)
            )
        if record["orgUid"] != home.org_uid:
            raise RefusedError(texts.NOT_OURS.format(record["orgUid"]))
        return record

    def _refer(self, resource: Resource, fields: Fields) -> None:
        for name, target in resource.references.items():
            value = fields.get(name)
            if value is None:
                continue
            referred = RESOURCES[resource.model][target]
            staged = {row["uuid"] for row in self._state.staging(resource.model)}
            if value not in staged and self._state.record(referred, str(value)) is None:
                raise RefusedError(texts.UNKNOWN_CHILD.format(target, value))

    def _staged(self, model: DataModel, uuid: str) -> None:
        if all(row["uuid"] != uuid for row in self._state.staging(model)):
            raise RefusedError(texts.UNKNOWN_STAGING.format(uuid))

    def _stage(self, resource: Resource, action: str, record_id: str, data: list[Fields]) -> None:
        at = iso(self._now())
        with self._state.database.transaction():
            self._state.database.write(
                "DELETE FROM staging WHERE model = ? AND uuid = ? AND commited = 0",
                resource.model,
                record_id,
            )
            self._state.database.write(
                "INSERT INTO staging (model, uuid, resource, action, data, created_at, updated_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                resource.model,
                record_id,
                resource.name,
                action,
                json.dumps(data),
                at,
                at,
            )
