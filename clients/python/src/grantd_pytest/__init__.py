"""A grantd in dev mode, from Python: starts it, moves its clock, reads its journal, makes faults.

Nothing but the standard library is needed; the pytest fixtures are in `grantd_pytest.plugin`.
"""

from .server import (
    App,
    Body,
    Clock,
    Entry,
    Faults,
    Grantd,
    GrantdError,
    Journal,
    Mail,
    Token,
    User,
)

__all__ = [
    "App",
    "Body",
    "Clock",
    "Entry",
    "Faults",
    "Grantd",
    "GrantdError",
    "Journal",
    "Mail",
    "Token",
    "User",
]
