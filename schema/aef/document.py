"""The documentation of the format, printed from the field table and the code lists."""

from collections.abc import Iterator

from schema.aef.fields import Field, Layout, TableSpec
from schema.aef.nomenclature import Nomenclature
from schema.aef.tables import TABLES


def describe_format(nomenclature: Nomenclature) -> str:
    """Return the whole format as Markdown: every field of every table, and every code list."""
    lines = [
        "# The AEF, field by field",
        "",
        "Printed from `schema/aef/tables.py` and `config/nomenclature`; do not edit it by hand.",
        f"Code lists: {nomenclature.source}.",
        "",
        "`NA` and blank cells are empty. A field of the CARP is never filled by a registry.",
        "",
    ]
    for spec in TABLES:
        lines.extend(_table(spec))
    lines.extend(_lists(nomenclature))
    return "\n".join(lines).rstrip() + "\n"


def _table(spec: TableSpec) -> Iterator[str]:
    where = (
        f"labels from row {spec.header_row} of column B, values in column C"
        if spec.layout is Layout.VERTICAL
        else f"headers in row {spec.header_row}, records from row {spec.first_data_row}"
    )
    yield from (f"## {spec.title}", "")
    yield from (f"Sheet `{spec.sheet}`: {where}. Keys begin with `{spec.key_prefix}`.", "")
    yield "| field | key | type | filled in | form or list | applies when | rule |"
    yield "|---|---|---|---|---|---|---|"
    for field in spec.fields:
        yield _row(spec, field)
    yield ""


def _row(spec: TableSpec, field: Field) -> str:
    form = "" if field.pattern is None else f"`{field.pattern.pattern}`"
    if field.code_list is not None:
        form = f"{form} list `{field.code_list}`".strip()
    if field.separator:
        form = f"{form}, several with `{field.separator.value}`".strip(", ")
    applies = "" if field.applies_when is None else field.applies_when.value
    suffix = field.key.removeprefix(spec.key_prefix)
    cells = (
        field.header,
        f"`{suffix}`",
        field.kind.value,
        field.obligation.value,
        form,
        applies,
        field.rule,
    )
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _lists(nomenclature: Nomenclature) -> Iterator[str]:
    yield from ("## Code lists", "")
    for name, code_list in nomenclature.lists.items():
        yield from (f"### {name} ({code_list.table})", "")
        yield ", ".join(f"`{value}`" for value in code_list.values)
        yield ""
        if code_list.variants:
            read = (f"`{written}` as `{value}`" for written, value in code_list.variants.items())
            yield from (f"Also read: {', '.join(read)}.", "")
    yield from ("### Which subtype fits which type", "")
    free = ", ".join(sorted(nomenclature.free_types))
    yield from (f"Every subtype may stand with {free}.", "")
    for subtype, types in nomenclature.subtype_types.items():
        yield f"- `{subtype}`: {', '.join(sorted(types))}"
