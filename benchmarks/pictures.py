"""Make the README's pictures of a finished run: its report as a browser shows it, and its network.

``python -m benchmarks.pictures [RUN] [--out FOLDER]``, which ``make pictures`` runs, writes
report.png and network.svg. RUN is what ``make demo`` leaves unless another is named.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from proxyless.reporting import report
from proxyless.reporting.drawing import draw_network
from proxyless.reporting.figure_files import compose
from proxyless.reporting.picture_file import write_picture
from proxyless.runs.run_directory import load_architecture
from search_spaces import InputError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDTH, MARGIN = 1280, 24
LAST = "figure.history, figure.strip"
"""The screenshot ends below the last of these: a page that is all in it would be too tall."""
COLOURS = 256
"""Of the PNG: a page has few, and so it takes a third of the bytes."""
MEASURE = """
<script>
const bottoms = [...document.querySelectorAll("%s")].map(
  (one) => one.getBoundingClientRect().bottom
);
document.title = Math.ceil(Math.max(...bottoms));
</script>
"""


def make_pictures(run: Path, folder: Path) -> list[Path]:
    """Write both pictures of a run into a folder; return their paths.

    Raises:
        InputError: there is no browser, or the run holds no finished search or training.
    """
    browser = find_browser()
    screenshot, drawing = folder / "report.png", folder / "network.svg"
    with tempfile.TemporaryDirectory() as scratch:
        page = report(run, Path(scratch) / "report.html")
        _photograph(browser, page, screenshot)
    picture = draw_network(load_architecture(run))
    whole = compose(picture)
    write_picture(
        drawing, whole.width, whole.height, whole.plot, picture.title, picture.description
    )
    return [screenshot, drawing]


def find_browser() -> str:
    """Return the first browser that is installed and takes pictures without a screen."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise InputError(
            f"the report's picture needs a browser, and none of {', '.join(BROWSERS)} is "
            "installed: install Chromium (`apt-get install chromium`, say)"
        )
    return found


def _photograph(browser: str, page: Path, destination: Path) -> None:
    """Take a picture of the upper part of a page, in light colours."""
    measured = page.with_name("measured.html")
    measured.write_text(page.read_text() + MEASURE % LAST)
    title = re.search(r"<title>(\d+)</title>", _browse(browser, measured, WIDTH, "--dump-dom"))
    assert title is not None, "every report draws a network"
    taken = page.with_name("taken.png")
    _browse(browser, page, int(title[1]) + MARGIN, f"--screenshot={taken}")
    destination.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(taken) as image:
        few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(destination, optimize=True)


def _browse(browser: str, page: Path, height: int, *arguments: str) -> str:
    """Open a page in a window of so many pixels' height; return what is printed of it."""
    done = subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--blink-settings=preferredColorScheme=1", f"--window-size={WIDTH},{height}",
            f"--user-data-dir={page.parent / 'profile'}", *arguments, page.as_uri(),
        ],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["nothing was said"]
        raise InputError(f"{browser} took no picture of the report: {said[-1]}")
    return done.stdout


def main() -> int:
    """Make the pictures that the command line asks for; 2 for bad input."""
    parser = argparse.ArgumentParser(description="Make the README's pictures of a finished run.")
    parser.add_argument("run", nargs="?", type=Path, default=Path("runs/demo"))
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    given = parser.parse_args()
    try:
        made = make_pictures(given.run, given.out)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for path in made:
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
