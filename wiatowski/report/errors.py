"""What can go wrong in a report, told in one paragraph."""

from __future__ import annotations

__all__ = ["ClaimsError", "InputError"]


class InputError(ValueError):
    """Bad input: says what is wrong and what to write instead."""


class ClaimsError(RuntimeError):
    """The process that checks the claims gave no result."""
