"""The site that `make docs` builds: without a warning, with every page in its navigation."""

import runpy
import subprocess
import sys
from importlib import import_module
from inspect import ismodule
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NAVIGATION = runpy.run_path(str(ROOT / "docs/site_extension/navigation.py"))
PACKAGES = (
    "proxyless",
    "latency",
    "search_spaces",
    "proxyless.distributed",
    "proxyless.distributed.plan",
)
"""Packages whose public names are in the reference."""


def test_navigation_has_every_page() -> None:
    named = [f"{page}.md" for pages in navigation().values() for page in pages]
    pages = {str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("**/*.md")}
    assert pages <= set(named), f"the README's list lacks {pages - set(named)}"
    assert len(named) == len(set(named))


def test_readme_without_a_list_is_an_error() -> None:
    with pytest.raises(ValueError, match="no groups of pages"):
        NAVIGATION["groups"]("## Where to read on\n\nNowhere.\n")


@pytest.mark.slow
def test_site_is_built_with_every_page_and_public_name(tmp_path: Path) -> None:
    site = tmp_path / "site"
    options = ["-E", "-W", "--keep-going", "-q", "-c", "docs", "-d", str(tmp_path / "doctrees")]
    command = [sys.executable, "-m", "sphinx", *options, ".", str(site)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    assert "README.html" in (site / "index.html").read_text()
    first = (site / "README.html").read_text()
    for page in (page for pages in navigation().values() for page in pages):
        assert (site / f"{page}.html").is_file()
        assert f'href="{page}.html"' in first
    for package in PACKAGES:
        text = (site / f"docs/reference/{package}.html").read_text()
        module = import_module(package)
        names = [name for name in module.__all__ if not ismodule(getattr(module, name))]
        assert names
        assert not [name for name in names if f'id="{package}.{name}"' not in text]


def navigation() -> dict[str, list[str]]:
    """Return the groups of the README's list of pages."""
    groups: dict[str, list[str]] = NAVIGATION["groups"]((ROOT / "README.md").read_text())
    return groups
