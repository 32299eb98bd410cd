"""Errors that a person can mend. Codes and parameters only: the words live in `callcenter/words/`."""

from __future__ import annotations

from typing import Any


class Problem(Exception):
    """Something a person can put right.

    `code` finds title and remedy in the catalogues, `field` names the input at fault, `params` fill the words.
    `status` is the HTTP status if the error reaches the API.
    """

    def __init__(self, code: str, *, status: int = 400, field: str | None = None, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.field = field
        self.params: dict[str, Any] = params

    @classmethod
    def of(cls, code: str, field: str | None, params: dict[str, Any], status: int = 400) -> Problem:
        """A problem whose parameters were kept or come from elsewhere; any name will do for them."""
        problem = cls(code, field=field, status=status)
        problem.params = params
        return problem

    def __str__(self) -> str:
        details = ", ".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.code} ({details})" if details else self.code


def as_problem(error: Exception) -> Problem | None:
    """An error of ours, or of the rooms that stand alone and have classes of the same shape; None for any other."""
    if isinstance(error, Problem):
        return error
    params = getattr(error, "params", None)
    if not isinstance(params, dict):  # others have attributes of these names too
        return None
    return Problem.of(str(getattr(error, "code", "")), getattr(error, "field", None), params)
