"""Why a file, a row or a cell is not taken: the closed lists of reasons."""

from enum import StrEnum, unique


@unique
class SourceFault(StrEnum):
    """One reason to refuse a file as a whole; nothing of it is taken."""

    TOO_LARGE = "the file is larger than the limit"
    NOT_THIS_FORMAT = "the file is not of the format that the profile names"
    DAMAGED = "the file is damaged"
    UNKNOWN_ENCODING = "the text is in none of the encodings that the profile allows"
    NO_HEADER = "no row holds the headers of the required columns"
    COLUMN_TWICE = "two columns have the header of one field"
    TOO_MANY_ROWS = "the file has more rows than the limit"
    TOO_MANY_COLUMNS = "the file has more columns than the limit"
    CELL_TOO_LONG = "a cell holds more text than the limit"
    NO_SUCH_SHEET = "the workbook has no sheet of this name"


class SourceRefusedError(Exception):
    """The file is refused as a whole; `where` is the sheet, row or column, when one is known."""

    def __init__(self, fault: SourceFault, where: str = "") -> None:
        super().__init__(f"{fault.value}: {where}" if where else fault.value)
        self.fault = fault
        self.where = where


@unique
class Fault(StrEnum):
    """What is wrong with a row or a cell: it refuses the row, or is reported beside it."""

    ROW_SHAPE = "row_shape"
    MISSING = "missing"
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    NEGATIVE = "negative"
    TOO_GREAT = "too_great"
    NOT_A_DATE = "not_a_date"
    NOT_A_PERIOD = "not_a_period"
    NOT_A_YEAR = "not_a_year"
    PARTY_UNKNOWN = "party_unknown"
    NOT_AN_APPROACH = "not_an_approach"
    NOT_A_FLAG = "not_a_flag"
    NOT_AN_IDENTIFIER = "not_an_identifier"
    NOT_A_LINK = "not_a_link"
    TOO_LONG = "too_long"
    TOO_MANY_VALUES = "too_many_values"
    CODE_UNKNOWN = "code_unknown"
    HTML_LEFT = "html_left"
    COLUMNS_DISAGREE = "columns_disagree"
    QUANTITY_DIFFERS = "quantity_differs"
    VINTAGE_DIFFERS = "vintage_differs"
    PART_DIFFERS = "part_differs"
    REPEATED = "repeated"
    OVERLAP = "overlap"
    BEFORE = "before"
    TOTAL_DIFFERS = "total_differs"
    ODD_IDENTIFIER = "odd_identifier"


class CellError(ValueError):
    """A cell cannot be read as its field asks; `fault` says why, the words say what was there."""

    def __init__(self, fault: Fault, words: str) -> None:
        super().__init__(words)
        self.fault = fault
        self.words = words
