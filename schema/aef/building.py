"""How the field tables are written down: one line of names, then what is special about a field."""

import re
from collections.abc import Iterable
from typing import TypedDict, Unpack

from schema.aef.fields import Condition, Field, Obligation, Separator, Table
from schema.aef.values import Kind


class Details(TypedDict, total=False):
    """The properties of a field that most fields do not have."""

    rule: str
    pattern: str
    code_list: str
    separator: Separator
    applies_when: Condition
    expected_when: Condition
    spacer_after: bool
    key_aliases: tuple[str, ...]


Draft = tuple[str, Kind, Obligation, Details]
"""A field before it knows its table and position."""

_DEFAULT_RULE = "4/CMA.6, annex II"


def column(names: str, kind: Kind, obligation: Obligation, **details: Unpack[Details]) -> Draft:
    """Describe one field; `names` is `attribute | header | technical name | key suffix`."""
    return names, kind, obligation, details


def number_fields(table: Table, prefix: str, drafts: Iterable[Draft]) -> tuple[Field, ...]:
    """Give each described field its table, position and full key."""
    return tuple(_field(table, prefix, index, draft) for index, draft in enumerate(drafts))


def _field(table: Table, prefix: str, index: int, draft: Draft) -> Field:
    names, kind, obligation, details = draft
    name, header, technical_name, suffix = (part.strip() for part in names.split("|"))
    pattern = details.get("pattern")
    return Field(
        table=table,
        index=index,
        name=name,
        header=header,
        technical_name=technical_name,
        key=prefix + suffix,
        kind=kind,
        obligation=obligation,
        rule=details.get("rule", _DEFAULT_RULE),
        pattern=None if pattern is None else re.compile(pattern),
        code_list=details.get("code_list"),
        separator=details.get("separator", Separator.NONE),
        applies_when=details.get("applies_when"),
        expected_when=details.get("expected_when"),
        spacer_after=details.get("spacer_after", False),
        key_aliases=tuple(prefix + alias for alias in details.get("key_aliases", ())),
    )
