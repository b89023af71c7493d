"""The error of this library for what a user gave."""


class DistributedError(ValueError):
    """Something the user gave is wrong: one sentence that names the culprit and the mend.

    Names of arguments stand in backticks. ``proxyless`` prints the sentence and exits with status
    2; Python callers catch it like any other ``ValueError``.
    """
