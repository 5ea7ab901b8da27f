"""Why a file is not read or written: the closed list of reasons, and the error that names one."""

from enum import StrEnum


class FileFault(StrEnum):
    """One reason to refuse a file."""

    TOO_LARGE = "the file is larger than an AEF can be"
    NOT_A_WORKBOOK = "the file is no XLSX workbook"
    DAMAGED = "the file is damaged"
    ZIP_BOMB = "the file unpacks to far more than it seems to hold"
    ENTITY_DECLARATION = "a part of the workbook declares entities"
    FOREIGN_ENCODING = "a part of the file is not encoded in UTF-8"
    MACRO = "the workbook carries a program"
    EXTERNAL_LINK = "the workbook links to other files"
    FORMULA = "a cell holds a formula instead of a value"
    TOO_MANY_ROWS = "a table or sheet has more rows than an AEF can have"
    TOO_MANY_COLUMNS = "a table has more columns than an AEF can have"
    OUT_OF_BOUNDS = "a sheet has cells further right or down than an AEF can have"
    TOO_MANY_PARTS = "the workbook has more parts or sheets than an AEF can have"
    CELL_TOO_LONG = "a cell holds more text than a workbook allows"
    UNWRITABLE = "a text has a character that no file can hold"
    NO_TABLE = "no table of the AEF was found"
    TABLE_TWICE = "a table of the AEF was found twice"
    REPEATED_KEY = "a JSON object repeats a key"
    UNKNOWN_KEY = "a JSON object has a key that no field has"
    WRONG_SHAPE = "the file does not have the shape of an AEF"


class FileRefusedError(Exception):
    """The file is refused as a whole; nothing of it was taken over.

    `fault` is the reason, `where` the part, sheet or cell, when one is known.
    """

    def __init__(self, fault: FileFault, where: str = "") -> None:
        """Keep the reason apart from the place."""
        super().__init__(f"{fault.value}: {where}" if where else fault.value)
        self.fault = fault
        self.where = where
