"""The one error that bad input raises, in every package."""


class InputError(ValueError):
    """Input of the user is wrong: one sentence that names what is wrong and how to correct it.

    The command line prints the sentence and exits with status 2; Python callers catch it like
    any other ``ValueError``.
    """


def reason(error: BaseException) -> str:
    """Return the first line of an error's message, or its type's name if the message is empty."""
    message = str(error).strip()
    return message.splitlines()[0] if message else type(error).__name__
