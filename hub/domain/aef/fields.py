"""The check of single fields: at most one finding per field, in a fixed order.

Order: CARP, required, applicability, type, form, code list (4/CMA.6, annex II, and the common
nomenclature). All findings are returned, never only the first.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hub.domain.aef.codes import CATALOGUE, FindingCode
from hub.domain.aef.field_values import Fault, FieldRules, value_fault
from hub.domain.aef.findings import Finding, locate
from schema.aef.conditions import applies, holds
from schema.aef.fields import CARP_PLACEHOLDERS, Field, Obligation, Table, TableSpec
from schema.aef.rows import Report, Row
from schema.aef.tables import TABLES
from schema.aef.values import Kind, Value, is_provided, print_value

__all__ = ["Fault", "FieldRules", "check_fields"]

JUDGED_MAX = 10_000
"""Values of one field whose judgement is remembered; columns repeat few values many times."""

_NEVER_REPEATED = frozenset({Kind.BLOCK_ID, Kind.UNIT_ID, Kind.ACTION_DATE})


def check_fields(report: Report, rules: FieldRules) -> Iterator[Finding]:
    """Check every field of every row of a report."""
    for spec in TABLES:
        checks = [_FieldCheck(spec, one, rules) for one in spec.fields]
        for row_index, row in enumerate(report.rows(spec.table)):
            for check in checks:
                fault = check.fault(row)
                if fault is not None:
                    yield Finding(
                        code=fault.code,
                        severity=CATALOGUE[fault.code].severity,
                        locus=locate(report, spec.table, row_index, check.column),
                        message=fault.message,
                    )


@dataclass(slots=True)
class _FieldCheck:
    """The check of one field by one set of rules, over all rows of a table."""

    spec: TableSpec
    column: Field
    rules: FieldRules
    judged: dict[Value, Fault | None] = field(default_factory=dict)

    def fault(self, row: Row) -> Fault | None:
        """Return what is wrong with the field in one row, or None."""
        value = row.values[self.column.index]
        if value is None or not is_provided(value):
            return self._emptiness(row)
        if self.column.obligation is Obligation.CARP:
            return _carp(self.column, value)
        return self._applicability(row) or self._value(value)

    def _value(self, value: Value) -> Fault | None:
        if self.column.kind in _NEVER_REPEATED or not isinstance(value, str):
            return value_fault(self.column, value, self.rules)
        if value not in self.judged:
            if len(self.judged) >= JUDGED_MAX:
                self.judged.clear()
            self.judged[value] = value_fault(self.column, value, self.rules)
        return self.judged[value]

    def _emptiness(self, row: Row) -> Fault | None:
        one = self.column
        if self.rules.draft or one.obligation is Obligation.CARP:
            return None
        if self._is_required(row):
            return Fault(FindingCode.REQUIRED, f"{one.header} is empty")
        expected = one.expected_when
        if expected is not None and holds(expected, self.spec, row):
            message = f"{one.header} is empty, yet {expected}"
            return Fault(FindingCode.CONDITIONAL_REQUIRED, message)
        return None

    def _is_required(self, row: Row) -> bool:
        one, profile = self.column, self.rules.profile
        if one.obligation is Obligation.REQUIRED:
            return f"{one.table}.{one.name}" not in profile.optional
        if not profile.required:
            return False
        return f"{one.table}.{one.name}" in profile.required and applies(one, self.spec, row)

    def _applicability(self, row: Row) -> Fault | None:
        one = self.column
        if one.applies_when is not None and not applies(one, self.spec, row):
            message = f"{one.header} applies only when {one.applies_when}"
            return Fault(FindingCode.NOT_APPLICABLE, message)
        if one.table is Table.ACTIONS and one.name == "subtype":
            action_type = print_value(row.values[self.spec["type"].index])
            subtype = print_value(row.values[one.index])
            if not self.rules.nomenclature.allows_subtype(action_type, subtype):
                message = f"{subtype} is no subtype of {action_type}"
                return Fault(FindingCode.NOT_APPLICABLE, message)
        return None


def _carp(one: Field, value: Value) -> Fault | None:
    if print_value(value).strip() in CARP_PLACEHOLDERS:
        return None
    return Fault(FindingCode.CARP_POPULATED, f"{one.header} is filled by CARP")
