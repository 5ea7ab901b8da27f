"""When a conditional field applies, read from the other values of the same row."""

from typing import assert_never

from schema.aef.fields import Condition, Field, TableSpec
from schema.aef.rows import Row
from schema.aef.tables import ACTIONS, AUTHORIZATIONS
from schema.aef.values import provided_text

OIMP_PURPOSES = frozenset({"oimp", "imp", "op", "ndc and oimp", "ndc and imp", "ndc and op"})
"""The purposes, folded, that cover other international mitigation purposes."""

_TYPE = ACTIONS["type"].index
_SUBTYPE = ACTIONS["subtype"].index
_OIMP_PURPOSE = ACTIONS["oimp_purpose"].index
_PURPOSES = AUTHORIZATIONS["purposes"].index
_CANCELLATIONS = frozenset({"cancellation", "voluntary cancellation"})


def holds(condition: Condition, spec: TableSpec, row: Row) -> bool:
    """Say whether a condition holds for a row; what is not filled in yet does not hold."""
    match condition:
        case Condition.NON_GHG:
            return _folded(row, spec["metric"].index) == "non-ghg"
        case Condition.PURPOSE_COVERS_OIMP:
            return _folded(row, _PURPOSES) in OIMP_PURPOSES
        case Condition.ACQUISITION:
            return _folded(row, _TYPE) == "acquisition"
        case Condition.TRANSFER_OUT:
            return _folded(row, _TYPE) in {"first transfer", "transfer"}
        case Condition.TRANSFER_TO_A_PARTY:
            return _goes_to_a_party(row)
        case Condition.USED_OR_CANCELLED:
            return _folded(row, _TYPE) in {"use", "first transfer", *_CANCELLATIONS}
        case Condition.USE:
            return _folded(row, _TYPE) == "use"
        case Condition.USE_TOWARDS_NDC:
            return _folded(row, _TYPE) == "use" and _is_towards_ndc(row)
        case _:
            assert_never(condition)


def applies(field: Field, spec: TableSpec, row: Row) -> bool:
    """Say whether a field applies to the row at all."""
    return field.applies_when is None or holds(field.applies_when, spec, row)


def _goes_to_a_party(row: Row) -> bool:
    match _folded(row, _TYPE):
        case "first transfer":
            return _folded(row, _SUBTYPE) == "first transfer to another party"
        case "transfer":
            return "adaptation fund" not in _folded(row, _SUBTYPE)
        case _:
            return False


def _is_towards_ndc(row: Row) -> bool:
    purpose = _folded(row, _OIMP_PURPOSE)
    return not purpose or "ndc" in purpose.split()


def _folded(row: Row, index: int) -> str:
    return provided_text(row.values[index]).casefold()
