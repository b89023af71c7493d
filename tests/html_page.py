"""A parser of HTML pages."""

import json
from collections import Counter
from html.parser import HTMLParser
from typing import Any


class Page(HTMLParser):
    """The tags of a page, labels of images, ids, visible text, code, scripts and animations."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.open: list[str] = []
        self.labels: list[str] = []
        self.ids: list[str] = []
        self.words: list[str] = []
        self.scripts: list[str] = []
        self.histories: list[Any] = []
        self.codes: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)
        values = dict(attributes)
        self.codes += [""] if tag == "code" else []
        self.ids += [values["id"] or ""] if "id" in values else []
        self.histories += (
            [json.loads(values["data-history"] or "")] if "data-history" in values else []
        )
        self.labels += [values["aria-label"] or ""] if values.get("role") == "img" else []

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "code" in self.open:
            self.codes[-1] += data
        (self.scripts if self.open[-1:] == ["script"] else self.words).append(data)
