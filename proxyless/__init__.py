"""The search: supernet, updates, budgets, training, export, benchmark, report.

Each function here is the command-line verb of the same name; what goes in and comes out can be
written to disk, read by another tool and loaded again.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
