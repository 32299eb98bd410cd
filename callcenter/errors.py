"""Errors that a person can mend. Codes and parameters only: the words live in `callcenter/words/`."""

from __future__ import annotations


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
        self.params = params

    def __str__(self) -> str:
        details = ", ".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.code} ({details})" if details else self.code
