"""The specialisation matrix as a picture and as a table."""

from textwrap import wrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .colours import BLUE, LABEL_INK, VERMILION, shade
from .formatting import NOTHING
from .matrix import Cell, Matrix
from .picture import Picture
from .section import Table
from .style import Look
from .svg import Drawing

CHARACTER, LINE, GAP, INSET = 6.6, 14.0, 6.0, 2.5
NAME = 16
"""Characters per line of a network's name."""
PALEST = 0.8
"""Share of white in the fastest network's colour; a network that takes twice as long has half."""


def draw_matrix(matrix: Matrix) -> Picture:
    """Draw a row per network and a column per condition; slower cells are darker."""
    heads = [_lines(name) for name in matrix.conditions]
    widths = [max(96.0, CHARACTER * max(map(len, lines))) for lines in heads]
    names = [wrap(name, NAME, break_on_hyphens=False) for name in matrix.networks]
    left = GAP + CHARACTER * max(len(line) for lines in names for line in lines)
    top = GAP + LINE * max(map(len, heads))
    marks = max(len(cell.marks) for row in matrix.cells for cell in row if cell)
    row_height = max(26.0 + LINE * marks, LINE * max(map(len, names)))
    width = left + sum(widths) + GAP * len(widths) + 2
    height = top + (row_height + GAP) * len(matrix.networks) + 2

    def plot(figure: Figure) -> None:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(height, 0))
        axes.axis("off")
        for row, (lines, cells) in enumerate(zip(names, matrix.cells, strict=True)):
            upper = top + row * (row_height + GAP)
            axes.text(0, upper + row_height / 2, "\n".join(lines), size=11, va="center")
            for column, cell in enumerate(cells):
                start = left + sum(widths[:column]) + GAP * column
                _draw_cell(axes, cell, (start, upper, widths[column], row_height))
        for column, lines in enumerate(heads):
            centre = left + sum(widths[:column]) + GAP * column + widths[column] / 2
            axes.text(centre, top - GAP, "\n".join(lines), size=11, ha="center", va="bottom")

    name = "specialisation"
    return Picture(
        name,
        "Every network under every condition",
        _finding(matrix),
        "Best milliseconds: a row a network, a column a condition. Darker is slower, compared with "
        "the fastest network of the column. A frame marks the fastest, a dashed one what is "
        "over the budget of the search for that condition; an empty place was not measured.",
        (Drawing(name, width, height, plot),),
        layout="rows",
    )


def matrix_table(matrix: Matrix) -> Table:
    """Return the matrix as a table."""
    rows = [
        (name, *(_cell_text(cell) for cell in cells))
        for name, cells in zip(matrix.networks, matrix.cells, strict=True)
    ]
    return Table("Milliseconds", ("network", *matrix.conditions), rows, folded=False)


def _cell_text(cell: Cell | None) -> str:
    if cell is None:
        return NOTHING
    return f"{cell.ms:.3g} ms" + (f" ({', '.join(cell.marks)})" if cell.marks else "")


def _lines(condition: str) -> list[str]:
    """Break a column's name into lines: between its facts, and within long ones."""
    return [line for fact in condition.split(", ") for line in wrap(fact, 20)]


def _finding(matrix: Matrix) -> str:
    sentences = []
    for column, condition in enumerate(matrix.conditions):
        cells = [
            f"{name} {_cell_text(cells[column])}"
            for name, cells in zip(matrix.networks, matrix.cells, strict=True)
            if cells[column] is not None
        ]
        sentences.append(f"{condition}: {', '.join(cells)}.")
    return " ".join(sentences)


def _draw_cell(axes: Axes, cell: Cell | None, place: tuple[float, float, float, float]) -> None:
    left, upper, width, height = place
    if cell is None:
        axes.text(left + width / 2, upper + height / 2, NOTHING, ha="center", va="center", size=11)
        return
    colour = shade(BLUE, -PALEST * cell.share)
    axes.add_patch(Rectangle((left, upper), width, height, facecolor=colour))
    frame: Look | None = None
    if cell.over:
        frame = {"edgecolor": VERMILION, "linestyle": (0, (3, 2))}
    elif cell.fastest:
        frame = {"edgecolor": LABEL_INK}
    if frame is not None:
        corner, size = (left + INSET, upper + INSET), (width - 2 * INSET, height - 2 * INSET)
        axes.add_patch(Rectangle(corner, *size, fill=False, linewidth=2, **frame))
    text: Look = {"ha": "center", "va": "center", "color": LABEL_INK}
    middle = upper + height / 2 - LINE * len(cell.marks) / 2
    axes.text(left + width / 2, middle, f"{cell.ms:.3g}", size=12, **text)
    for line, mark in enumerate(cell.marks, 1):
        axes.text(left + width / 2, middle + LINE * line, mark, size=10, **text)
