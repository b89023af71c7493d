"""Data sets of the Hugging Face hub: which names are theirs, and what is done where it is silent.

Only ``hub:NAME`` and ``owner/name`` are ever asked of the hub, so that no typing mistake in the
name of a file waits for a network.
"""

import contextlib
import logging
import re
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from search_spaces import InputError

from .notices import logger

PREFIX = "hub:"
ANSWER_SECONDS = 10
"""How long the hub may take to say that it is there."""
REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
FILE_SUFFIX = re.compile(
    r"\.(parquet|csv|tsv|jsonl?|arrow|zip|tar|t?gz|tfrecord|npz?|npy|h5|pt|pkl|db|txt|ya?ml|toml|"
    r"png|jpe?g|webp|gif|bmp|tiff?)$",
    re.IGNORECASE,
)


def hub_name(source: str) -> str | None:
    """Return what to ask the hub for, or None where a source has another form.

    ``owner/name`` means a folder where there is one called ``owner``, and a file where it ends
    like one.
    """
    if source.startswith(PREFIX):
        return source.removeprefix(PREFIX)
    owner = source.split("/")[0]
    named = REPOSITORY.fullmatch(source) and not FILE_SUFFIX.search(source)
    return source if named and not Path(owner).exists() else None


def load_hub_splits(name: str) -> Any:
    """Load the splits of a data set of the hub, from its cache where the hub does not answer.

    ``HF_HUB_OFFLINE`` and ``HF_DATASETS_OFFLINE`` are respected.

    Raises:
        InputError: the hub does not answer, and the cache does not have it.
    """
    import datasets

    if datasets.config.HF_HUB_OFFLINE:
        silence = "HF_HUB_OFFLINE or HF_DATASETS_OFFLINE is set"
        logger.info("looking for %s in the cache: %s", name, silence)
    else:
        logger.info(
            "asking the Hugging Face hub for %s: waiting at most %d s for an answer",
            name,
            ANSWER_SECONDS,
        )
        silence = hub_silence(datasets.config.HF_ENDPOINT)
        if not silence:
            logger.info("the hub answers: %s is downloaded now, if the cache lacks it", name)
            if logger.isEnabledFor(logging.INFO):  # somebody listens: let them see how far it is
                datasets.enable_progress_bars()
            return datasets.load_dataset(name)
    try:
        with _offline():
            return datasets.load_dataset(name)
    except ConnectionError:
        raise InputError(
            f"data set {name} of the Hugging Face hub is not in the cache here, and {silence}: "
            "give the path of a copy, or try again with a connection"
        ) from None


def hub_silence(endpoint: str) -> str:
    """Return why the hub cannot be asked; nothing where it answers within ``ANSWER_SECONDS``."""
    reasons: list[str] = []

    def ask() -> None:
        reasons.append(_silence(endpoint))

    asking = threading.Thread(target=ask, daemon=True)  # looking a name up has no time limit
    asking.start()
    asking.join(ANSWER_SECONDS)
    return reasons[0] if reasons else f"{endpoint} did not answer within {ANSWER_SECONDS} s"


def _silence(endpoint: str) -> str:
    request = urllib.request.Request(endpoint, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS):
            return ""
    except urllib.error.HTTPError:
        return ""  # an answer
    except OSError as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLError):
            return ""  # somebody is there, and `datasets` may know other certificates
        return f"{endpoint} cannot be reached ({reason})"


@contextlib.contextmanager
def _offline() -> Iterator[None]:
    """Keep ``datasets`` from trying again and again what was just found out."""
    from datasets import config

    before = config.HF_HUB_OFFLINE
    config.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        config.HF_HUB_OFFLINE = before
