"""AEF submissions as files: workbook, CSV and JSON, out and in."""
