"""Closed lists of the two data models, where they are short; a node serves its own longer ones."""

from typing import Final

V1_UNIT_TYPES: Final = (
    "Reduction - nature",
    "Reduction - technical",
    "Removal - nature",
    "Removal - technical",
)
V1_UNIT_STATUSES: Final = (
    "Held",
    "Retired",
    "Cancelled",
    "Expired",
    "Buffer",
    "Exported",
    "Pending Export",
)
V1_ADJUSTMENT_DECLARATIONS: Final = ("Committed", "Not Required", "Unknown")
V1_ADJUSTMENT_STATUSES: Final = ("Not Started", "Pending", "Completed")
V1_PROJECT_STATUSES: Final = (
    "Listed",
    "Registered",
    "Completed",
    "Transitioned",
    "Withdrawn",
    "De-registered",
)
V1_NDC_COVERAGE: Final = ("Inside NDC", "Outside NDC", "Unknown")

V2_UNIT_TYPES: Final = (
    *(
        f"{what} - {how}"
        for what in ("Avoidance", "Reduction", "Removal")
        for how in ("nature", "technical")
    ),
    "Not Determined",
)
V2_UNIT_STATUSES: Final = (
    "Buffer",
    "Cancelled",
    "Expired",
    "Held",
    "Inactive",
    "Issued",
    "Rejected",
    "Retired",
)
V2_PROJECT_STATUSES: Final = (
    "Certified",
    "Completed",
    "Inactive",
    "Listed",
    "Registered",
    "Rejected",
    "Validated",
    "Verified",
    "Withdrawn",
)
V2_PROJECT_METRICS: Final = ("tCO2e", "gCO2eq/kWh", "kt (Kiloton)")
V2_STAKEHOLDER_TYPES: Final = ("Consultant", "Developer", "Owner")
V2_ACTION_TYPES: Final = (
    "Acquisition",
    "Authorization",
    "Cancellation",
    "First Transfer",
    "Transfer",
    "Use",
)
