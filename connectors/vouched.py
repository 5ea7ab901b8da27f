"""Serials that a registry numbers by itself, mapped to ITMOs by somebody who vouches for it.

UNDP-made registries number per project and name neither the registry of origin nor a number space
of their own; CAD Trust carries such serials too. Without a statement of the registry's operator
they are no ITMO unique identifiers.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from schema.faults import IdentifierError, IdentifierFault
from schema.formats.parsed import Finding, ParsedIdentifier
from schema.formats.undp import map_to_itmos
from schema.identifiers import ItmoBlock, RegistryId


@dataclass(frozen=True, slots=True, kw_only=True)
class VouchedProject:
    """The operator's statement about one project: where its serials lie among the ITMOs."""

    approach: str
    country: str
    """As the serial writes it, alpha-2."""
    first_party: str
    project: str
    registry: RegistryId
    """The registry of origin in the ITMO identifier."""
    serial_offset: int
    """Added to each serial, so that two projects never claim the same ITMOs."""


class VouchedSerials:
    """All statements known, by project."""

    def __init__(self, projects: Iterable[VouchedProject] = ()) -> None:
        """Take the statements.

        Raises:
            ValueError: two statements are about one project.
        """
        self._projects: dict[tuple[str | None, ...], VouchedProject] = {}
        for each in projects:
            key = (each.approach, each.country, each.first_party, each.project)
            if key in self._projects:
                raise ValueError(f"two statements about project {'-'.join(key)}")
            self._projects[key] = each

    def block_of(self, parsed: ParsedIdentifier) -> ItmoBlock | None:
        """Return the ITMOs that a serial names; None where nobody vouches for its project.

        Raises:
            IdentifierError: the serial cannot be ITMOs, whoever vouches; see `map_to_itmos`.
        """
        if Finding.PLACEHOLDER in parsed.findings:
            # Nobody can vouch for what stands for no approach and no Party.
            raise IdentifierError(IdentifierFault.PLACEHOLDER, parsed.raw)
        key = tuple(
            parsed.text_of(name) for name in ("approach", "country", "first_party", "project")
        )
        vouched = self._projects.get(key)
        if vouched is None:
            return None
        return map_to_itmos(parsed, registry=vouched.registry, serial_offset=vouched.serial_offset)
