"""Access by key to results that were dictionaries in former releases."""

import warnings
from typing import Any


class FormerKeys:
    """A dataclass whose fields are also keys, with a warning: ``result["test_accuracy"]``."""

    def __getitem__(self, name: str) -> Any:
        """Return a field.

        Raises:
            KeyError: there is no field of this name.
        """
        if name not in self.__dataclass_fields__:  # type: ignore[attr-defined]
            raise KeyError(name)
        warnings.warn(
            f"results are dataclasses since 0.3: write .{name} instead of [{name!r}]",
            DeprecationWarning,
            stacklevel=2,
        )
        return getattr(self, name)
