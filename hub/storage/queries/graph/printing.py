"""The printer of a statement: one generated Python function that turns its rows into JSON text.

A tree says what stands where; `printer` writes the source of a function from it, compiles that, and
returns it. Text that goes into the source is GraphQL names and our own constants, never input.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, assert_never

from hub.storage.queries.graph.ids import make_cursor
from hub.storage.queries.graph.kinds import HELPERS, Kind
from hub.storage.queries.graph.plan import Codes

Rows = Sequence[Sequence[Any]]
Limits = Sequence[int]
"""The page size of every slot."""
Counts = Sequence[int]
"""The counts beside a page at the top that turned out to be empty."""
Printer = Callable[[Rows, Limits, Counts], Any]
"""Returns text, or for `Keyed` a dictionary of texts."""


@dataclass(frozen=True, slots=True)
class Text:
    """Fixed JSON."""

    json: str


@dataclass(frozen=True, slots=True)
class Value:
    """A value out of columns of the row."""

    kind: Kind
    columns: tuple[int, ...]
    codes: Codes | None = None


@dataclass(frozen=True, slots=True)
class Object:
    """An object whose fields come from the same row."""

    fields: "tuple[tuple[str, Tree], ...]"


@dataclass(frozen=True, slots=True)
class Maybe:
    """Null, unless the column holds something."""

    column: int
    tree: "Tree"


@dataclass(frozen=True, slots=True)
class Array:
    """A list out of a column that holds rows."""

    column: int
    width: int
    tree: "Tree"


@dataclass(frozen=True, slots=True)
class EdgeList:
    """The edges of a page: each field is fixed, the cursor, or the node."""

    fields: "tuple[tuple[str, Tree | None], ...]"
    """None stands for the cursor."""


@dataclass(frozen=True, slots=True)
class NodeList:
    """The nodes of a page."""

    tree: "Tree"


@dataclass(frozen=True, slots=True)
class Facts:
    """Where the page lies: fields that are fixed or name a fact."""

    fields: "tuple[tuple[str, Text | str], ...]"


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are: one of the counts beside the page."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTree:
    """A page out of a column that holds rows; out of the rows themselves at the top."""

    column: int | None
    width: int
    """The columns of its rows; at the top with the counts."""
    slot: int
    order: str
    place: tuple[int, ...]
    """The columns that make a cursor."""
    backwards: bool
    continued: bool
    """Whether the page starts after (ends before) a cursor."""
    fields: "tuple[tuple[str, PageField], ...]"
    counts: tuple[int, ...]
    """Where the counts stand: columns of the row around the page, at the top of any row."""


PageField = Text | EdgeList | NodeList | Facts | Count
Tree = Text | Value | Object | Maybe | Array | PageTree


@dataclass(frozen=True, slots=True)
class Single:
    """One object out of the first row; null when there is none."""

    width: int
    tree: Tree


@dataclass(frozen=True, slots=True)
class All:
    """A list out of all rows."""

    width: int
    tree: Tree


@dataclass(frozen=True, slots=True)
class Keyed:
    """Objects by the number in the first column: a dictionary, no text."""

    width: int
    tree: Tree


_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def printer(root: Single | All | Keyed | PageTree) -> Printer:
    """Return the function that prints the rows of a statement."""
    writer = _Writer()
    writer.write("def print_rows(rows, limits, counts):")
    writer.depth += 1
    match root:
        case Single(width=width, tree=tree):
            writer.write("if not rows: return 'null'")
            row = writer.unpack(width, "rows[0]")
            writer.write(f"return f'{writer.tree(tree, row)}'")
        case All(width=width, tree=tree):
            name = writer.array("rows", width, tree)
            writer.write(f"return f'[{{J({name})}}]'")
        case Keyed(width=width, tree=tree):
            writer.keyed(width, tree)
        case PageTree() as page:
            writer.write(f"return f'{writer.page(page, 'rows')}'")
        case _:
            assert_never(root)
    return writer.compiled()


class _Writer:
    """Writes the source of one printer; every name that it makes is new."""

    def __init__(self) -> None:
        self.depth = 0
        self._lines: list[str] = []
        self._names = 0
        self._space: dict[str, Any] = {**HELPERS, "J": ",".join, "cursor": _cursor}

    def write(self, line: str) -> None:
        self._lines.append("    " * self.depth + line)

    def compiled(self) -> Printer:
        code = compile("\n".join(self._lines), "<printer>", "exec")
        exec(code, self._space)  # noqa: S102 - the source is ours, see the module
        function: Printer = self._space["print_rows"]
        return function

    def name(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"

    def constant(self, value: object, name: str | None = None) -> str:
        name = name or self.name("k")
        self._space[name] = value
        return name

    def unpack(self, width: int, row: str) -> list[str]:
        names = [self.name("c") for _ in range(width)]
        self.write(f"{', '.join(names)}, = {row}")
        return names

    def tree(self, tree: Tree, row: list[str]) -> str:
        """Return the text of an f-string that prints `tree`; write what must come before it."""
        match tree:
            case Text(json=text):
                return _literal(text)
            case Value():
                return f"{{{self._value(tree, row)}}}"
            case Object(fields=fields):
                return self._object([(key, self.tree(field, row)) for key, field in fields])
            case Maybe(column=column, tree=inner):
                return self._maybe(row[column], inner, row)
            case Array(column=column, width=width, tree=item):
                return f"[{{J({self.array(row[column], width, item)})}}]"
            case PageTree():
                assert tree.column is not None
                return self.page(tree, row[tree.column], row)
            case _:
                assert_never(tree)

    def array(self, rows: str, width: int, item: Tree) -> str:
        """Write a loop that prints every row; return the name of the list of texts."""
        texts = self.name("a")
        names = [self.name("c") for _ in range(width)]
        self.write(f"{texts} = []")
        self.write(f"for {', '.join(names)}, in {rows}:")
        self.depth += 1
        text = self.tree(item, names)
        self.write(f"{texts}.append(f'{text}')")
        self.depth -= 1
        return texts

    def keyed(self, width: int, item: Tree) -> None:
        """Write the loop that puts every row into a dictionary."""
        names = [self.name("c") for _ in range(width)]
        self.write("found = {}")
        self.write(f"for {', '.join(names)}, in rows:")
        self.depth += 1
        text = self.tree(item, names)
        self.write(f"found[{names[0]}] = f'{text}'")
        self.depth -= 1
        self.write("return found")

    def page(self, page: PageTree, rows: str, around: list[str] | None = None) -> str:
        """Write what a page needs; return the text of an f-string that prints it."""
        kept, more = self.name("p"), self.name("m")
        self.write(f"{kept} = {rows}; {more} = len({kept}) > limits[{page.slot}]")
        self.write(f"if {more}: {kept} = {kept}[:limits[{page.slot}]]")
        if page.backwards:
            self.write(f"{kept} = {kept}[::-1]")
        fields: list[tuple[str, str]] = []
        for key, field in page.fields:
            match field:
                case Text(json=text):
                    fields.append((key, _literal(text)))
                case NodeList(tree=tree):
                    fields.append((key, f"[{{J({self.array(kept, page.width, tree)})}}]"))
                case EdgeList():
                    fields.append((key, f"[{{J({self._edges(page, field, kept)})}}]"))
                case Facts():
                    fields.append((key, self._facts(page, field, kept, more)))
                case Count(number=number):
                    fields.append((key, f"{{{self._count(page, number, around)}}}"))
                case _:
                    assert_never(field)
        return self._object(fields)

    @staticmethod
    def _count(page: PageTree, number: int, around: list[str] | None) -> str:
        place = page.counts[number]
        return (
            f"rows[0][{place}] if rows else counts[{number}]" if around is None else around[place]
        )

    def _edges(self, page: PageTree, edges: EdgeList, rows: str) -> str:
        texts = self.name("a")
        names = [self.name("c") for _ in range(page.width)]
        self.write(f"{texts} = []")
        self.write(f"for {', '.join(names)}, in {rows}:")
        self.depth += 1
        order = self.constant(page.order)
        cursor = f"{{cursor({', '.join([order, *(names[at] for at in page.place)])})}}"
        text = self._object(
            [(key, cursor if f is None else self.tree(f, names)) for key, f in edges.fields]
        )
        self.write(f"{texts}.append(f'{text}')")
        self.depth -= 1
        return texts

    def _facts(self, page: PageTree, facts: Facts, rows: str, more: str) -> str:
        order = self.constant(page.order)
        continued = f"T[{page.continued}]"
        expressions = {
            "has_next_page": continued if page.backwards else f"T[{more}]",
            "has_previous_page": f"T[{more}]" if page.backwards else continued,
        }
        for name, at in (("start_cursor", 0), ("end_cursor", -1)):
            if any(fact == name for _, fact in facts.fields):
                variable = self.name("x")
                place = ", ".join(f"{rows}[{at}][{column}]" for column in page.place)
                self.write(f"{variable} = cursor({order}, {place}) if {rows} else 'null'")
                expressions[name] = variable
        return self._object(
            [
                (key, _literal(fact.json) if isinstance(fact, Text) else f"{{{expressions[fact]}}}")
                for key, fact in facts.fields
            ]
        )

    def _maybe(self, column: str, tree: Tree, row: list[str]) -> str:
        variable = self.name("v")
        self.write(f"if {column} is None: {variable} = 'null'")
        self.write("else:")
        self.depth += 1
        text = self.tree(tree, row)
        self.write(f"{variable} = f'{text}'")
        self.depth -= 1
        return f"{{{variable}}}"

    def _value(self, value: Value, row: list[str]) -> str:
        names = [row[column] for column in value.columns]
        for name in re.findall(r"\bN([A-Z]\w+)", value.kind.prints):
            self.constant(name, f"N{name}")
        codes = ""
        if "{codes}" in value.kind.prints:
            assert value.codes is not None, "a code needs its list"
            codes = self.constant(
                {None: "null"} | {stored: f'"{published}"' for stored, published in value.codes}
            )
        return value.kind.prints.format(*names, all=", ".join(names), codes=codes)

    @staticmethod
    def _object(fields: list[tuple[str, str]]) -> str:
        assert all(_NAME.fullmatch(key) for key, _ in fields)
        return "{{" + ",".join(f'"{key}":{text}' for key, text in fields) + "}}"


def _cursor(order: str, *place: object) -> str:
    return f'"{make_cursor(order, *place)}"'


def _literal(json: str) -> str:
    """Return JSON as it must stand in an f-string in single quotes."""
    assert "'" not in json
    assert "\\" not in json
    return json.replace("{", "{{").replace("}", "}}")
