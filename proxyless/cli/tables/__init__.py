"""``proxyless tables``: look into latency tables and work on them, a file an action."""

from ..group import Lazy, group

ACTIONS = {
    "list": Lazy(
        "proxyless.cli.tables.listing:list_",
        "List the profiles of a table: device, runtime, settings, error.",
    ),
    "show": Lazy(
        "proxyless.cli.tables.showing:show_",
        "Show every entry of a profile, and the error of its predictions.",
    ),
    "calibrate": Lazy(
        "proxyless.cli.tables.calibrating:calibrate",
        "Measure whole networks and correct the profile's entries by them.",
    ),
    "check": Lazy(
        "proxyless.cli.tables.checking:check",
        "Say whether the device still behaves as recorded.",
    ),
    "repair": Lazy(
        "proxyless.cli.tables.repairing:repair",
        "Remove implausible rows, and save what a damaged table still holds.",
    ),
    "remove": Lazy(
        "proxyless.cli.tables.removing:remove",
        "Remove one profile.",
    ),
    "draw": Lazy(
        "proxyless.cli.tables.drawing:draw",
        "Write whole networks to measure where nothing smaller runs.",
    ),
    "fit": Lazy(
        "proxyless.cli.tables.fitting:fit",
        "Fit a table to measured whole networks of a space.",
    ),
    "import": Lazy(
        "proxyless.cli.tables.importing:import_",
        "Import a published latency table.",
    ),
    "export": Lazy(
        "proxyless.cli.tables.exporting:export",
        "Write one profile as CSV, or in ProxylessNAS's YAML.",
    ),
    "diff": Lazy(
        "proxyless.cli.tables.comparing:diff",
        "Compare two profiles: what is cheap on one and dear on the other.",
    ),
    "merge": Lazy(
        "proxyless.cli.tables.merging:merge",
        "Copy everything that other tables hold into one.",
    ),
    "plot": Lazy(
        "proxyless.cli.tables.plotting:plot",
        "Draw what blocks cost relative to the smallest at their position.",
    ),
}

app = group("tables", "Look into latency tables and work on them.", ACTIONS)
