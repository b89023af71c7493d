"""docs/troubleshooting.md has only sentences of the code, and some of every module."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/troubleshooting.md"
PACKAGES = ("search_spaces", "latency", "proxyless")
GAP = "…"
"""Placeholder for names and numbers on the page."""
CELL = re.compile(r"^\| (?:`` (.+?) ``|`([^`]+)`) \|", re.MULTILINE)
SENTENCES = [twice or once for twice, once in CELL.findall(PAGE.read_text())]


def texts(tree: ast.AST) -> list[str]:
    """Return the strings of a module except docstrings, with :data:`GAP` for inserted values."""
    nodes = list(ast.walk(tree))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    strings = []
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            strings += [node.value] if id(node) not in docstrings else []
        elif isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else GAP for part in node.values]
            strings.append("".join(map(str, parts)))
    return strings


def raises(tree: ast.AST) -> bool:
    """Return whether a module raises an error for bad input with its own sentence."""
    raised = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    calls = [call for call in raised if isinstance(call, ast.Call) and call.args]
    return any(
        isinstance(call.func, ast.Name)
        and call.func.id in ("InputError", "DistributedError")
        and isinstance(call.args[0], ast.Constant | ast.JoinedStr)
        for call in calls
    )


@cache
def trees() -> dict[str, ast.Module]:
    """Return every module by its path."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in paths}


@cache
def modules() -> dict[str, list[str]]:
    """Return the texts of every module that raises the error for bad input, by its path."""
    return {name: texts(tree) for name, tree in trees().items() if raises(tree)}


@cache
def every_text() -> list[str]:
    """Return the strings of all modules: some compose sentences that others raise."""
    return [text for tree in trees().values() for text in texts(tree)]


def says(text: str, sentence: str) -> bool:
    """Return whether a string of the code matches a sentence of the page with gaps."""
    parts = map(re.escape, sentence.split(GAP))
    return re.fullmatch(".*".join(parts), text, re.DOTALL) is not None


def test_there_are_sentences_and_modules() -> None:
    assert len(SENTENCES) > 100
    assert len(modules()) > 70


def test_page_is_told_from_the_code() -> None:
    assert says(f"table {GAP} is empty", f"table {GAP} is empty")
    assert not says(f"table {GAP} is full", f"table {GAP} is empty")


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sentence_is_one_of_the_code(sentence: str) -> None:
    assert any(says(text, sentence) for text in every_text())


def test_every_module_has_a_sentence_on_the_page() -> None:
    distinctive = [sentence for sentence in SENTENCES if len(sentence.replace(GAP, "").split()) > 2]
    missing = [
        name
        for name, module in modules().items()
        if not any(says(text, sentence) for sentence in distinctive for text in module)
    ]
    assert not missing, f"docs/troubleshooting.md has no sentence of {missing}"
