"""Which space is meant, and for which images."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from typing_extensions import Doc

from search_spaces import Space, load_definition
from search_spaces.fields import Above, AtLeast, AtMost, check_fields
from search_spaces.schema import STRICT

if TYPE_CHECKING:
    from ..data.source import Source


@dataclass(frozen=True)
class SpaceConfig:
    """A search space, made for a data set where there is one."""

    __pydantic_config__ = STRICT
    data: Annotated[
        str, Doc("Take channels, classes and image size from this data set, as search does.")
    ] = ""
    space: Annotated[
        str,
        Doc("Search space: imagenet, cifar, tiny, one of an installed package, or a TOML file."),
    ] = "tiny"
    width: Annotated[
        float | None,
        Above(0),
        AtMost(16),
        Doc("Width multiplier; rounds channels to multiples of 8."),
    ] = None
    resolution: Annotated[
        int | None,
        AtLeast(1),
        AtMost(65536),
        Doc("Side of the input in pixels, instead of the space's or data's."),
    ] = None

    def __post_init__(self) -> None:
        check_fields(self)

    def expand_space(self, source: "Source | None" = None) -> Space:
        """Return the space for the data: its channels, classes and image size.

        ``source`` saves opening the data again. Where ``data`` is empty, they are the space's own.
        """
        definition = load_definition(self.space)
        if source is None and self.data:
            from ..data.opening import open_data

            source = open_data(self.data)
        if source is None:
            return definition.adapt(
                resolution=self.resolution, width_multiplier=self.width
            ).expand()
        resolution = self.resolution
        if resolution is None:
            resolution = source.resolution(definition.input.resolution)
        return definition.adapt(
            channels=source.channels,
            resolution=resolution,
            classes=len(source.class_names),
            width_multiplier=self.width,
        ).expand()
