"""Every limit on an AEF file in one place. A file beyond one of them is refused with its reason."""

from typing import Final

FILE_BYTES_MAX: Final = 128 * 2**20
"""A workbook of 200,000 actions takes about a tenth of this."""
TEXT_FILE_BYTES_MAX: Final = 256 * 2**20
"""A CSV of 200,000 actions takes a fifth of this, a JSON file two thirds."""
UNPACKED_BYTES_MAX: Final = 1_536 * 2**20
"""All parts of a workbook together, unpacked."""
PACKING_RATIO_MAX: Final = 200
"""A part that unpacks to more times its size is a bomb; real sheets reach 10 to 50."""
PACKING_RATIO_FREE_BYTES: Final = 4 * 2**20
"""Parts up to this size may have any ratio: they do no harm."""
PARTS_MAX: Final = 1_000
SHEETS_MAX: Final = 64
ROWS_MAX: Final = 300_000
"""Rows of one sheet, used or not; also the records of one table of a CSV or JSON file."""
COLUMNS_MAX: Final = 64
MERGED_RANGES_MAX: Final = 10_000
MERGED_CELLS_MAX: Final = 1_000_000
"""Cells in all merged ranges of a sheet together; programs walk every one of them."""
BLANK_ROWS_MAX: Final = 200
"""So many blank rows end a template: nothing is cleared below them."""
CELL_CHARS_MAX: Final = 32_767
"""The limit of the workbook format."""
HEADER_SEARCH_ROWS: Final = 40
"""The header of a table stands within this many rows of its sheet."""
COMMENTS_MAX: Final = 5_000
"""Cell comments written into a copy; all findings are in the sheet of results anyway."""
