"""The one error that bad input raises, in every package."""


class InputError(ValueError):
    """Something the user gave is wrong: one sentence that names the culprit and the mend.

    The command line prints the sentence and exits with status 2; Python callers catch it like
    any other ``ValueError``.
    """


def reason(error: BaseException) -> str:
    """Return the first line of an error's words, or what kind it is where it has none."""
    words = str(error).strip()
    return words.splitlines()[0] if words else type(error).__name__
