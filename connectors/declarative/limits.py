"""Every limit on a foreign file in one place; what is beyond one of them is refused."""

from typing import Final

FILE_BYTES_MAX: Final = 128 * 2**20
ROWS_MAX: Final = 1_000_000
COLUMNS_MAX: Final = 256
CELL_CHARS_MAX: Final = 32_767
"""The limit of the workbook format; no honest cell of a table is longer."""
HEADER_SEARCH_ROWS_MAX: Final = 60
"""The header stands within this many rows of the file."""
JSON_DEPTH_MAX: Final = 8
"""Levels of a JSON record that become columns."""
VALUES_PER_CELL_MAX: Final = 200
LISTED_MAX: Final = 10_000
"""Refused rows and findings named one by one; all are counted."""
VALUES_COUNTED_MAX: Final = 1_000
"""Different values of a field that a report counts one by one."""
