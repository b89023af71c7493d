"""docs/troubleshooting.md is about the sentences that the code has, and about all kinds of them."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/troubleshooting.md"
PACKAGES = ("search_spaces", "latency", "proxyless")
GAP = "…"
"""What stands for names and numbers on the page."""
CELL = re.compile(r"^\| (?:`` (.+?) ``|`([^`]+)`) \|", re.MULTILINE)
SENTENCES = [twice or once for twice, once in CELL.findall(PAGE.read_text())]


def texts(tree: ast.AST) -> list[str]:
    """Return every text of a module but docstrings, :data:`GAP` where one is put together."""
    nodes = list(ast.walk(tree))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    found = []
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += [node.value] if id(node) not in docstrings else []
        elif isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else GAP for part in node.values]
            found.append("".join(map(str, parts)))
    return found


def raises(tree: ast.AST) -> bool:
    """Whether a module raises an error for bad input, with a sentence of its own."""
    made = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    calls = [call for call in made if isinstance(call, ast.Call) and call.args]
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
    """Return the texts of all modules: some put sentences together that others raise."""
    return [text for tree in trees().values() for text in texts(tree)]


def says(text: str, sentence: str) -> bool:
    """Whether a text of the code is a sentence of the page, which may leave parts out."""
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
    told = [sentence for sentence in SENTENCES if len(sentence.replace(GAP, "").split()) > 2]
    missing = [
        name
        for name, module in modules().items()
        if not any(says(text, sentence) for sentence in told for text in module)
    ]
    assert not missing, f"docs/troubleshooting.md has no sentence of {missing}"
