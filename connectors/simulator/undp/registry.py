"""One simulated registry: its tables, switches, faults, rules and visitors together."""

from connectors.simulator.kit.control import SwitchBoard
from connectors.simulator.kit.faults import Faults
from connectors.simulator.undp.access import Access
from connectors.simulator.undp.credits import Credits
from connectors.simulator.undp.state import (
    Company,
    Project,
    RegistryState,
    User,
)
from connectors.simulator.undp.switches import RegistrySwitches


class UndpRegistry:
    """Owned by one event loop."""

    def __init__(self, state: RegistryState) -> None:
        """Build the registry over its database."""
        self.state = state
        self.board = SwitchBoard(state.database, RegistrySwitches())
        self.faults = Faults(state.database)
        self.credits = Credits(state, self.board)
        self.access = Access(state, self.board)
        self.cache: dict[tuple[str, ...], tuple[float, object]] = {}
        """Answers to queries with the time when they were made; lost with the process."""

    def seed(self) -> None:
        """Fill an empty registry: an authority, two developers, a certifier, two projects."""
        if self.state.company(1) is not None:
            return
        with self.state.database.transaction():
            for company in (
                Company(id=1, name="National Authority", role="DNA"),
                Company(id=2, name="Solar Company", role="PD"),
                Company(id=3, name="Cookstove Company", role="PD"),
                Company(id=4, name="Certifier", role="IC"),
            ):
                self.state.put("company", {name: getattr(company, name) for name in COMPANY})
            for user in (
                _user(1, "authority", "Admin", 1),
                _user(2, "solar", "Admin", 2),
                _user(3, "cookstove", "Admin", 3),
                _user(4, "certifier", "Admin", 4),
                _user(5, "viewer", "ViewOnly", 1),
            ):
                self.state.put("user", {name: getattr(user, name) for name in USER})
            for project in (
                Project(ref_id="1", prefix="CA0007-MN-MN-1", company=2, title="Solar"),
                Project(ref_id="2", prefix="CA0007-MN-MN-2", company=3, title="Cookstoves"),
            ):
                self.state.put("project", {name: getattr(project, name) for name in PROJECT})
            self.credits.issue("1", 2022, 1000)
            self.credits.issue("1", 2023, 500)
            self.credits.issue("2", 2023, 300)


COMPANY = ("id", "name", "role", "state")
USER = ("id", "email", "name", "secret", "role", "company")
PROJECT = ("ref_id", "prefix", "company", "title")


def _user(number: int, name: str, role: str, company: int) -> User:
    return User(
        id=number,
        email=f"{name}@registry.example",
        name=name,
        secret=f"secret-of-{name}",
        role=role,
        company=company,
    )
