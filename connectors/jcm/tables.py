"""The published tables as they come into a folder: recognised by their headers, loaded, kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from connectors.declarative.choose import choose_profile
from connectors.declarative.faults import SourceRefusedError
from connectors.declarative.load import Loaded, load
from connectors.declarative.profile import FileFormat, SourceProfile
from connectors.drop_folder import DropFolder, Dropped

WORKBOOK_START: Final = b"PK\x03\x04"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTable:
    """One table: which one it is, what it holds, and the bytes that it was."""

    profile: str
    loaded: Loaded
    file: Dropped


@dataclass(slots=True, kw_only=True)
class PublishedTables:
    """Reads what people drop; a file that fits no description is put aside with the reason."""

    folder: DropFolder
    profiles: Mapping[str, SourceProfile]
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Name and reason of what this object has put aside."""

    def read(self) -> tuple[ReadTable, ...]:
        """Return the tables that wait, oldest first; nothing that can be read is moved yet.

        Raises:
            OSError: the folder cannot be read.
        """
        tables: list[ReadTable] = []
        for file in self.folder.waiting():
            try:
                name, loaded = self._load(file)
            except SourceRefusedError as cause:
                self.folder.refuse(file, str(cause))
                self.refused.append((file.name, str(cause)))
                continue
            tables.append(ReadTable(profile=name, loaded=loaded, file=file))
        return tuple(tables)

    def _load(self, file: Dropped) -> tuple[str, Loaded]:
        is_workbook = file.content.startswith(WORKBOOK_START)
        wanted = FileFormat.XLSX if is_workbook else FileFormat.CSV
        profiles = {name: each.as_format(wanted) for name, each in self.profiles.items()}
        name = choose_profile(file.content, profiles)
        return name, load(file.content, profiles[name], source=file.name, name=name)

    def keep(self, table: ReadTable) -> None:
        """Move a table whose content the caller has kept.

        Raises:
            OSError: it cannot be moved.
        """
        self.folder.keep(table.file)
