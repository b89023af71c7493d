"""Broken and hostile inputs at every boundary: what becomes of them."""
