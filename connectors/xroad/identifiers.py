"""Names of X-Road: members, subsystems, services and security servers, as paths of parts.

Each part is percent-encoded as UTF-8 on its own (Message Protocol for REST, section 4.2).
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

PART_CHARS_MAX: Final = 255
PATH_CHARS_MAX: Final = 2_000
"""Many clients and servers stop here."""
_USUAL: Final = frozenset("'()+,-.=?")
_FORBIDDEN: Final = frozenset("/\\%:;")
# What stays as it is in a path segment (RFC 3986 section 3.3, without the sub-delimiters that
# would need a decision): the rest is encoded.
_SAFE: Final = "'()+,-.="


class XRoadNameError(ValueError):
    """A text is no X-Road name; it says why."""


@dataclass(frozen=True, slots=True)
class XRoadName:
    """The parts of one name, decoded."""

    parts: tuple[str, ...]

    def __post_init__(self) -> None:
        for part in self.parts:
            _check(part)

    @property
    def encoded(self) -> str:
        """The name as headers and paths carry it."""
        return "/".join(quote(part, safe=_SAFE) for part in self.parts)

    @property
    def plain(self) -> str:
        """The name for people, and for clients that encode paths themselves."""
        return "/".join(self.parts)

    @property
    def is_usual(self) -> bool:
        """Whether every character is one that newer versions of the protocol allow."""
        return all(char.isalnum() or char in _USUAL for part in self.parts for char in part)


def parse_client(text: str) -> XRoadName:
    """Read instance, member class, member and (optional) subsystem.

    Raises:
        XRoadNameError: with the reason.
    """
    return _parse(text, "INSTANCE/CLASS/MEMBER[/SUBSYSTEM]", counts=(3, 4))


def parse_service_owner(text: str) -> XRoadName:
    """Read the owner of services; the subsystem is needed, since services belong to one.

    Raises:
        XRoadNameError: with the reason.
    """
    return _parse(text, "INSTANCE/CLASS/MEMBER/SUBSYSTEM", counts=(4,))


def parse_security_server(text: str) -> XRoadName:
    """Read instance, member class, member and server.

    Raises:
        XRoadNameError: with the reason.
    """
    return _parse(text, "INSTANCE/CLASS/MEMBER/SERVER", counts=(4,))


def _parse(text: str, form: str, *, counts: tuple[int, ...]) -> XRoadName:
    if len(text) > PATH_CHARS_MAX:
        raise XRoadNameError(f"{len(text)} characters are too many")
    parts = text.split("/")
    if len(parts) not in counts:
        raise XRoadNameError(f"{text!r} is not {form}")
    try:
        return XRoadName(tuple(unquote(part, errors="strict") for part in parts))
    except UnicodeDecodeError as cause:
        raise XRoadNameError(f"{text!r} is not UTF-8") from cause


def _check(part: str) -> None:
    if not part or len(part) > PART_CHARS_MAX or part in {".", ".."}:
        raise XRoadNameError(f"{part!r} cannot be a part of a name")
    if not part.isprintable() or _FORBIDDEN & set(part) or part != part.strip():
        raise XRoadNameError(f"{part!r} has a character that no name may have")
