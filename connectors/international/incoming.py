"""What people bring from CARP: answers, lists of approaches and authorizations, documents.

Each file is recognised by what is in it, read whole, and put away when its caller has kept what it
holds. What is nothing of this is put aside with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from connectors.aef_files.refusals import FileFault, FileRefusedError
from connectors.declarative.choose import choose_profile
from connectors.declarative.faults import SourceRefusedError
from connectors.declarative.load import Loaded, load
from connectors.declarative.profile import FileFormat, SourceProfile
from connectors.declarative.records import Record
from connectors.drop_folder import DropFolder, Dropped
from connectors.international.answers import CarpAnswer, read_answer

_WORKBOOK: Final = b"PK\x03\x04"
_PDF: Final = b"%PDF-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document of an authorization: kept as bytes, understood by nobody but people."""

    name: str
    digest: str
    """SHA-256 in hexadecimal: the `document_digest` of an authorization."""
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """A list that was brought: which one, and what it holds."""

    profile: str
    loaded: Loaded


Content = CarpAnswer | ListFile | Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """One file and what it is."""

    file: Dropped
    content: Content


@dataclass(slots=True, kw_only=True)
class IncomingFiles:
    """Reads one folder."""

    folder: DropFolder
    profiles: Mapping[str, SourceProfile]
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Name and reason of what this object has put aside."""

    def read(self) -> tuple[Brought, ...]:
        """Return what waits, oldest first; nothing that can be read is moved yet.

        Raises:
            OSError: the folder cannot be read.
        """
        brought: list[Brought] = []
        for file in self.folder.waiting():
            try:
                content = self._recognise(file)
            except (FileRefusedError, SourceRefusedError) as cause:
                self.folder.refuse(file, str(cause))
                self.refused.append((file.name, str(cause)))
                continue
            brought.append(Brought(file=file, content=content))
        return tuple(brought)

    def keep(self, brought: Brought) -> None:
        """Put away a file whose content the caller has kept.

        Raises:
            OSError: it cannot be moved.
        """
        self.folder.keep(brought.file)

    def _recognise(self, file: Dropped) -> Content:
        data = file.content
        if data.startswith(_PDF):
            return Document(name=file.name, digest=sha256(data).hexdigest(), content=data)
        if not data.startswith(_WORKBOOK):
            return self._list(file, FileFormat.CSV)
        try:
            return read_answer(data, file.name)
        except FileRefusedError as cause:
            if cause.fault is not FileFault.NO_TABLE:
                raise
            return self._list(file, FileFormat.XLSX)

    def _list(self, file: Dropped, wanted: FileFormat) -> ListFile:
        fitting = {name: each.as_format(wanted) for name, each in self.profiles.items()}
        name = choose_profile(file.content, fitting)
        loaded = load(file.content, fitting[name], source=file.name, name=name)
        return ListFile(profile=name, loaded=loaded)


def matches(record: Record, document: Document) -> bool | None:
    """Tell whether a document is the one that a list names; None when the list names no file.

    A stated digest decides; without one the name of the file does.
    """
    stated, name = record.values.get("digest"), record.values.get("file")
    if isinstance(stated, str):
        return stated.strip().lower() == document.digest
    return name == document.name if isinstance(name, str) else None
