"""The one error that bad input raises, in every package."""


class InputError(ValueError):
    """Something the user gave is wrong: one sentence that names the culprit and the mend.

    The command line prints the sentence and exits with status 2; Python callers catch it like
    any other ``ValueError``.
    """


def reason(error: BaseException) -> str:
    """Return the first line of what an error says, or its kind where it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
