"""State that workers have alike, as it is kept and sent."""

from typing import Any

State = dict[str, Any]
"""Numbers, texts and tensors by name; also lists and dictionaries of them."""
