"""Readable names of operations in tables: label and shapes instead of a key."""

from collections.abc import Collection, Mapping

from search_spaces import Operation

USUAL_ACTIVATION = "relu6"


def operation_names(
    keys: Collection[str], operations: Mapping[str, tuple[Operation, ...]]
) -> dict[str, str]:
    """Return a name for each key, as ``MB6_5x5 skip  32x8x8 -> 32x8x8``, shapes below each other.

    ``operations`` says what the keys are; one that is none of ours stays as it is.
    """
    known = {key: operations[key][0] for key in keys if key in operations}
    labels = {key: _label(operation) for key, operation in known.items()}
    width = max(map(len, labels.values()), default=0)
    named = {
        key: f"{labels[key]:<{width}}  {_shapes(operation)}" for key, operation in known.items()
    }
    return {key: named.get(key, key) for key in keys}


def _label(operation: Operation) -> str:
    """Return the label, and what else tells operations of equal shapes apart."""
    parts = [operation.label]
    traits = operation.traits
    if operation.residual:
        parts.append("skip")
    if len(operation.output_shape) == 3:
        input_side, output_side = operation.input_shape[1], operation.output_shape[1]
        if traits.stride not in (None, _least_stride(input_side, output_side)):
            parts.append(f"stride {traits.stride}")
    if traits.activation not in ("", USUAL_ACTIVATION):
        parts.append(traits.activation)
    return " ".join(parts)


def _least_stride(input_side: int, output_side: int) -> int | None:
    """Return the stride that shapes suggest: the least that makes this side of that one.

    None if no stride does, as where an operation crops or enlarges.
    """
    fitting = (
        stride
        for stride in range(1, input_side + 1)
        if (input_side - 1) // stride + 1 == output_side
    )
    return next(fitting, None)


def _shapes(operation: Operation) -> str:
    input_shape, output_shape = (
        "x".join(map(str, s)) for s in (operation.input_shape, operation.output_shape)
    )
    return f"{input_shape} -> {output_shape}"
