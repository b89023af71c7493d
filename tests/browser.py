"""Tests of pages in headless Chromium."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from html_page import Page

PROBE = """
<!DOCTYPE html>
<body style="margin: 0">
<iframe src="{page}" width="{width}" height="800" style="border: 0"></iframe>
<pre></pre>
<script>
addEventListener("load", () => {{
  const frame = document.querySelector("iframe");
  const probe = new frame.contentWindow.Function({script});
  Promise.resolve(probe()).then((answer) => {{
    document.querySelector("pre").textContent = JSON.stringify(answer);
  }});
}});
</script>
"""
"""A page that embeds another in a frame, and runs a script in it after loading."""


@dataclass(frozen=True)
class Seen:
    """The value that a script returned inside a page, and the lines of the console."""

    answer: Any
    console: list[str]


def find_chromium() -> str:
    """Return the path of the browser, or skip the test if there is none."""
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if browser is None:
        pytest.skip("neither chromium nor google-chrome is installed")
    return browser


def look(
    page: Path, script: str, *, width: int = 1200, dark: bool = False, still: bool = False
) -> Seen:
    """Open a page with a width, light or dark, and run the body of a function in it.

    The function may return a promise: up to 20 s of the page's time pass without waiting. ``still``
    sets the preference for reduced motion.
    """
    probe = page.with_name("probe.html")
    probe.write_text(PROBE.format(page=page.name, width=width, script=json.dumps(script)))
    motion = ["--force-prefers-reduced-motion"] if still else []
    arguments = [
        find_chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
        "--v=0", "--virtual-time-budget=20000", "--allow-file-access-from-files",
        f"--user-data-dir={page.parent / 'profile'}", f"--window-size={width},800",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--dump-dom", *motion,
        probe.as_uri(),
    ]  # fmt: skip
    finished = subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=True)
    console = [line for line in finished.stderr.splitlines() if re.search(r":CONSOLE[:(]", line)]
    answer = "".join(Page(finished.stdout).words).strip()
    return Seen(json.loads(answer) if answer else None, console)
