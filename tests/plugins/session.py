"""Several commands in one process: ``python session.py COMMANDS`` prints how each of them ended.

COMMANDS is JSON, a list of lists of arguments; so is what is printed: status, stdout and stderr.
"""

import json
import sys
from dataclasses import astuple

from support import run_cli

if __name__ == "__main__":
    print(json.dumps([astuple(run_cli(*arguments)) for arguments in json.loads(sys.argv[1])]))
