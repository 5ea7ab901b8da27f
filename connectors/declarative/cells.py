"""From the text of a cell to plain text: HTML taken off, blanks recognised, values told apart."""

import re
import unicodedata
from html.parser import HTMLParser
from typing import Final

from typing_extensions import override

_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>")
_BREAKING: Final = frozenset({"br", "p", "div", "li", "tr", "ul", "ol", "table"})
_HIDDEN: Final = frozenset({"script", "style"})


class PlainText(HTMLParser):
    """Collects the text of a piece of HTML, and the addresses that it links to."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self._pieces: list[str] = []
        self._hidden = 0

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link and break the line where the page would."""
        if tag in _BREAKING:
            self._pieces.append("\n")
        if tag in _HIDDEN:
            self._hidden += 1
        if tag == "a":
            self.links += [value for name, value in attrs if name == "href" and value]

    @override
    def handle_endtag(self, tag: str) -> None:
        """Break the line after a block."""
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BREAKING:
            self._pieces.append("\n")

    @override
    def handle_data(self, data: str) -> None:
        """Keep what a reader of the page sees; line breaks of the source mean nothing."""
        if not self._hidden:
            self._pieces.append(re.sub(r"\s+", " ", data))

    @property
    def text(self) -> str:
        """The text, one line for each block."""
        return "".join(self._pieces)


def has_html(text: str) -> bool:
    """Tell whether a cell looks as if it held HTML."""
    return _TAG.search(text) is not None


def without_html(text: str) -> str:
    """Return the text of a piece of HTML, with its line breaks."""
    parser = PlainText()
    parser.feed(text)
    parser.close()
    return parser.text


def links_in(text: str) -> tuple[str, ...]:
    """Return the addresses that a piece of HTML links to."""
    parser = PlainText()
    parser.feed(text)
    parser.close()
    return tuple(parser.links)


def collapse(text: str) -> str:
    """Make every run of blanks and line breaks one space, and trim the ends."""
    return " ".join(text.split())


def lines(text: str) -> list[str]:
    """Return the lines of a cell that are not blank, each collapsed."""
    return [line for each in text.splitlines() if (line := collapse(each))]


def fold(text: str) -> str:
    """Reduce a header or a code to what is compared: width, case and blanks play no part."""
    return collapse(unicodedata.normalize("NFKC", text)).casefold()


def shown(text: str, chars_max: int = 120) -> str:
    """Return a text for people: one line, no control characters, bounded."""
    plain = "".join(char if char.isprintable() else " " for char in collapse(text))
    return plain if len(plain) <= chars_max else f"{plain[:chars_max]}…"
