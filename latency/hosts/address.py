"""The host for the address of a device."""

from search_spaces import InputError

from .adb import AdbHost
from .base import Host
from .local import LocalHost
from .ssh import SshHost


def get_host(
    url: str | None = None,
    *,
    remote_python: str | None = None,
    benchmark_model: str | None = None,
) -> Host:
    """Return the host at ``url``: ``ssh://[user@]host[:port]``, ``adb://SERIAL``, or this machine.

    Args:
        url: the user, host and port as the ``ssh`` command takes them, names of ``~/.ssh/config``
            included; a phone's serial as ``adb devices`` shows it.
        remote_python: command that starts Python on the board (default ``python3``). The shell of
            the account there runs it as it stands, so it must be your own.
        benchmark_model: TFLite's benchmark binary: a local file, or a path on the phone.

    Raises:
        InputError: the URL has another form, or an option does not apply to it. The connection is
            made later, when the host is used.
    """
    scheme, separator, location = (url or "").partition("://")
    if remote_python is not None and scheme != "ssh":
        raise InputError("`remote_python` belongs to a device at ssh://: give `host` ssh://HOST")
    if benchmark_model is not None and scheme != "adb":
        raise InputError("`benchmark_model` belongs to a phone: give `host` adb://SERIAL")
    if url is None:
        return LocalHost()
    if separator and scheme == "ssh":
        return SshHost.at(url, remote_python or "python3")
    if separator and scheme == "adb":
        return AdbHost(location, benchmark_model)
    raise InputError(
        f"device {url!r} is no address: give ssh://user@host, ssh://user@host:port or "
        "adb://SERIAL, or leave `host` out for this machine"
    )
