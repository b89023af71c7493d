"""Tests of the documentation: marked blocks run, commands parse, links have targets.

A block is marked by an HTML comment on the line before its fence: ``<!-- test -->`` runs it,
``<!-- test: NAME -->`` writes it to the file NAME. The marked blocks of a page run in order, in
a new folder.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import typer
from nursery import Nursery

from proxyless.cli import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "exported_models/**/*.md", "benchmarks/**/*.md")
    for path in ROOT.glob(pattern)
)
FENCE = re.compile(
    r"(?:^<!-- test(?P<mark>: *(?P<name>\S+))? -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
AS_INSTALLED = ROOT / "docs/own-space.md"
COMMAND = re.compile(r"^ *proxyless +(?P<verb>\S+)(?P<line>[^\n|>]*)", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
GROUP: Any = typer.main.get_command(app)
OPTIONS = {"--help", *(spelling for parameter in GROUP.params for spelling in parameter.opts)}
VERBS = {name: GROUP.get_command(None, name) for name in GROUP.list_commands(None)}


@dataclass(frozen=True)
class Block:
    """A fenced block of a page; ``name`` is the file that it is written to, if any."""

    language: str
    text: str
    marked: bool
    name: str | None

    @property
    def script(self) -> str:
        """The lines of bash that run the block, or write it to its file."""
        match self.language:
            case "sh":
                return self.text
            case "python":
                return f"python - <<'END_OF_BLOCK'\n{self.text}END_OF_BLOCK\n"
        assert self.name, f"nobody knows how to run a block of {self.language}"
        return f"cat > {shlex.quote(self.name)} <<'END_OF_BLOCK'\n{self.text}END_OF_BLOCK\n"


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    return [
        Block(match["language"], match["text"], match[0].startswith("<!--"), match["name"])
        for match in FENCE.finditer(page.read_text())
    ]


def script(page: Path) -> str:
    """Return the marked blocks of a page as one script; adjacent Python blocks are joined."""
    marked = [block for block in blocks(page) if block.marked]
    joined: list[Block] = []
    for (language, name), group in groupby(marked, lambda block: (block.language, block.name)):
        joined.append(Block(language, "".join(block.text for block in group), True, name))
    return "".join(block.script for block in joined)


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield (verb, remaining line) of every proxyless command, continued lines joined."""
    for match in COMMAND.finditer(text.replace("\\\n", " ")):
        yield match["verb"], match["line"].split(" #")[0]


def actions_of(verb: str) -> dict[str, Any]:
    """Return the actions of a group by name; empty if the verb is a single command."""
    group = VERBS[verb]
    names = getattr(group, "lazy", ())
    return {name: group.get_command(None, name) for name in names}


def options_of(verb: str) -> set[str]:
    """Return every spelling of every option of a verb and its actions."""
    commands = [VERBS[verb], *actions_of(verb).values()]
    parameters = [parameter for command in commands for parameter in command.params]
    named = {spelling for p in parameters for spelling in (*p.opts, *p.secondary_opts)}
    return {spelling for spelling in named if spelling.startswith("--")} | {"--help"}


def former_options_of(verb: str) -> set[str]:
    """Return the former names of options that a verb and its actions still accept."""
    commands = actions_of(verb).values() or [VERBS[verb]]
    return {name for command in commands for name in command.former_options()}


def code(page: Path) -> list[str]:
    """Return the shell code of a page: blocks, and spans between backticks."""
    shell = [block.text for block in blocks(page) if block.language == "sh"]
    return shell + re.findall(r"`([^`\n]+)`", FENCE.sub("", page.read_text()))


def identify(page: Path) -> str:
    """Return the name of a page for the test's id."""
    return str(page.relative_to(ROOT))


each_page = pytest.mark.parametrize("page", PAGES, ids=identify)
runnable = [page for page in PAGES if script(page)]


def test_pages_are_found() -> None:
    names = {identify(page) for page in PAGES}
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/verbs.md"} <= names
    assert {"docs/quickstart.md", "docs/verbs.md"} <= {identify(page) for page in runnable}
    assert AS_INSTALLED in runnable


@pytest.mark.slow
@pytest.mark.parametrize("page", runnable, ids=identify)
def test_marked_blocks_run(page: Path, tmp_path: Path, nursery: Nursery) -> None:
    """``python`` and ``proxyless`` are started by the nursery, except in one page."""
    real = Path(sys.executable).parent
    programs = (real,) if page == AS_INSTALLED else (nursery.folder, real)
    done = subprocess.run(
        ["bash", "-e"],
        input=script(page),
        cwd=tmp_path,
        # One thread: on busy cores OpenMP's waiting would take longer than the work.
        env={
            **os.environ,
            "PATH": os.pathsep.join((*map(str, programs), os.environ["PATH"])),
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


@each_page
def test_marks_mark_something(page: Path) -> None:
    marks = re.findall(r"^<!-- *test", page.read_text(), re.MULTILINE)
    assert len(marks) == sum(block.marked for block in blocks(page))


@each_page
def test_python_blocks_compile(page: Path) -> None:
    for block in blocks(page):
        if block.language == "python":
            compile(block.text, identify(page), "exec")


@each_page
def test_commands_parse(page: Path) -> None:
    for block in blocks(page):
        if block.language != "sh":
            continue
        for verb, line in commands(block.text):
            arguments = shlex.split(re.sub(r"\$\w+", "1", line))
            command = VERBS[verb]
            if actions_of(verb):
                command = actions_of(verb)[arguments.pop(0)]
            command.make_context(verb, arguments)


@each_page
def test_options_exist(page: Path) -> None:
    all_options = set.union(OPTIONS, *map(options_of, VERBS), *map(former_options_of, VERBS))
    for text in code(page):
        for verb, line in commands(text):
            if verb in OPTIONS:
                continue
            assert verb in VERBS, f"`{text}` names the verb {verb!r}"
            unknown = set(OPTION.findall(line)) - options_of(verb)
            assert not unknown, f"`proxyless {verb}` has no {unknown}"
        if text.startswith("--"):
            unknown = set(OPTION.findall(text)) - all_options
            assert not unknown, f"no verb has {unknown}"


@pytest.mark.parametrize("verb", VERBS)
def test_verb_is_documented_with_its_options(verb: str) -> None:
    sections = re.split(r"^## ", (ROOT / "docs/verbs.md").read_text(), flags=re.MULTILINE)
    matching = [section for section in sections if section.startswith(f"{verb}\n")]
    assert len(matching) == 1, f"docs/verbs.md has no section {verb!r}"
    missing = options_of(verb) - set(OPTION.findall(matching[0])) - {"--help"}
    assert not missing, f"docs/verbs.md does not mention {missing} of {verb}"


@each_page
def test_relative_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text())
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        assert linked.exists(), f"{target} does not exist"
        assert not anchor or anchor in anchors(linked), f"{target}: no such heading"


def anchors(page: Path) -> set[str]:
    """Return the anchors that headings get on GitHub."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
