from .adb import AdbHost as AdbHost
from .address import get_host as get_host
from .base import Host as Host
from .local import LocalHost as LocalHost
from .ssh import SshHost as SshHost
