"""What can go wrong with the embedded database; each message says what to do about it."""


class EmbeddedPostgresError(Exception):
    """The embedded database cannot be had; `DATABASE_URL` names a server to use instead."""


class UnsupportedPlatformError(EmbeddedPostgresError):
    """The embedded database is not offered on this system, or not for this user."""


class NoUsableBinariesError(EmbeddedPostgresError):
    """No PostgreSQL of a usable version was found; the message lists what was tried."""


class DataFolderError(EmbeddedPostgresError):
    """The data folder cannot be created, written or locked."""


class ServerStartError(EmbeddedPostgresError):
    """PostgreSQL did not start; the message ends with the last lines of its log."""
