"""The exact words of a node; misspellings are its own."""

from typing import Final

READ_ONLY: Final = "You can not use this API in read-only mode"
PENDING: Final = (
    "You currently have changes pending on the blockchain. Please wait for them to propagate"
    " before making more changes"
)
WALLET_SYNCING: Final = "Your wallet is syncing, please wait for it to sync and try again"
WALLET_DOWN: Final = (
    "Your wallet is not available, please turn it on to continue using climate warehouse"
)
DATA_LAYER_DOWN: Final = "Can not establish connection to Chia Datalayer"
WRONG_NETWORK: Final = (
    "Your node is on {} but your climate warehouse is set to {}, please change your config so they"
    " match"
)
RESYNCING: Final = "Your organization data is still resyncing, please try again after it completes"
KEY_NOT_FOUND: Final = "CADT API key not found"
NOTHING_STAGED: Final = "Cant commit empty staging table"
NOTHING_MATCHES: Final = "No records to send to DataLayer"
NO_HOME: Final = "No Home organization found, please create an organization to write data"
HOME_UNCONFIRMED: Final = (
    "Your Home organization is still confirming, please wait a little longer for it to finish."
)
NOT_OURS: Final = "Restricted data: can not modify this record with orgUid {}"
UNKNOWN_UNIT: Final = "The unit record for the warehouseUnitId: {} does not exist."
UNKNOWN_PROJECT: Final = "The project record for the warehouseProjectId: {} does not exist."
UNKNOWN_RECORD: Final = "The {} record for the {}: {} does not exist."
UNKNOWN_STAGING: Final = "The staging record for the staging ID: {} does not exist."
UNKNOWN_CHILD: Final = "{} does not have a record for {}"
UNKNOWN_ORGANIZATION: Final = (
    "The orgUid: {}, provided for '{}' is not in the list of subscribed organizations, either"
    " remove it or add it to your organizations and try again"
)
SPLIT_COUNT: Final = "Your total split coount is {} units and the original record is {} units"
NOT_IN_LIST: Final = "{} does not include a valid option <{}> instead got '{}'"
VALIDATION: Final = "Data Validation error"
CHAIN_EXCEPTION: Final = "Chia Exception"

CONFIRMED: Final = "There are no pending commits"
UNCONFIRMED: Final = "There are currently pending commits"
COMMITTED: Final = "Staging Table committed to full node"
CLEANED: Final = "Staging Data Cleaned"
UNSTAGED: Final = "Deleted from staging"
RESTAGED: Final = "Staging record re-staged."
EDITED: Final = "Staging Record sucessfully updated."

COMMIT_FAILED: Final = "Error commiting staging table"
STAGING_FAILED: Final = "Error retreiving staging table"
UNSTAGE_FAILED: Final = "Staging Record can not be removed."
RETRY_FAILED: Final = "Staging Record can not be restaged."
EDIT_FAILED: Final = "Staging Record can not be edited."
AUDIT_FAILED: Final = "Can not retrieve audit data"
SPLIT_FAILED: Final = "Error splitting unit"
SPLIT_DONE: Final = "Unit split successful"

# Resource -> (read failed, create failed, created, change failed, changed, removal failed, removed)
SUMMARIES: Final = {
    "units": (
        "Error retrieving units",
        "Unit Insert Failed to stage.",
        "Unit staged successfully",
        "Error updating new unit",
        "Unit update added to staging",
        "Error deleting new unit",
        "Unit deletion staged successfully",
    ),
    "projects": (
        "Error retrieving projects",
        "Error creating new project",
        "Project staged successfully",
        "",  # the detail itself is the message
        "Project update added to staging",
        "Error adding project removal to stage",
        "Project deletion staged successfully",
    ),
}


def summaries(resource: str) -> tuple[str, ...]:
    """Return the seven summaries of a resource; those of v2 are not published word for word."""
    known = SUMMARIES.get(resource)
    if known is not None:
        return known
    name = resource.replace("-", " ")
    return (
        f"Error retrieving {name}",
        f"Error creating new {name}",
        f"{name.capitalize()} staged successfully",
        f"Error updating {name}",
        f"{name.capitalize()} update added to staging",
        f"Error deleting {name}",
        f"{name.capitalize()} deletion staged successfully",
    )
