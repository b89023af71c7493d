"""The error of this library for what a user gave."""


class DistributedError(ValueError):
    """Something the user gave is wrong: one sentence that names the culprit and the mend.

    Names of arguments stand in backticks. ``proxyless`` prints the sentence and exits with status
    2; Python callers catch it like any other ``ValueError``.
    """


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or its type's name if the message is empty."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
