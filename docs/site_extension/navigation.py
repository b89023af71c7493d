"""Navigation: the README's list of pages is the site's too, so that there is only one."""

import re

SECTION = re.compile(r"^## Where to read on\n(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
GROUP = re.compile(r"^- \*\*(?P<title>[^*]+)\*\*:(?P<links>.*(?:\n  .*)*)", re.MULTILINE)
LINK = re.compile(r"\]\((?P<page>[^)#\s]+)\.md\)")


def groups(readme: str) -> dict[str, list[str]]:
    """Return the pages of each group of the README's list, without their suffix, in order.

    Raises:
        ValueError: the README has no such list; its form is
            ``- **Group**: [title](page.md) · [title](page.md)``, below "Where to read on".
    """
    section = SECTION.search(readme)
    found = GROUP.finditer(section["text"]) if section else ()
    pages = {group["title"]: LINK.findall(group["links"]) for group in found}
    if not pages:
        raise ValueError("README.md has no groups of pages below '## Where to read on'")
    return pages


def toctree(title: str, pages: list[str]) -> str:
    """Return a group of the navigation as Sphinx reads it in Markdown; it shows nothing itself."""
    head = ["```{toctree}", ":hidden:", ":glob:", f":caption: {title}", ""]
    return "\n".join(["", "", *head, *pages, "```", ""])
