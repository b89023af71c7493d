"""How `make docs` builds the site: the pages of this folder and of the root, and a reference.

The root of the repository is the source folder, so that the links between pages are the same on a
forge and on the site.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "Proxyless"
author = "the authors of Proxyless"
project_copyright = "the authors of Proxyless"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "site_extension",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
root_doc = "README"
include_patterns = ["*.md", "docs/**.md", "docs/reference/*.rst", "exported_models/**.md"]
exclude_patterns = [".*", "build", "dist", "runs", "tables"]

myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
autodoc_use_legacy_class_based = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88

nitpicky = True

html_theme = "pydata_sphinx_theme"
html_title = "Proxyless"
html_copy_source = False
html_show_sourcelink = False
html_additional_pages = {"index": "home.html"}
html_sidebars = {"**": ["pages.html"]}
html_theme_options = {"navbar_center": [], "footer_start": ["copyright"], "footer_end": []}
templates_path = ["site_extension/templates"]
html_static_path = ["site_extension/static"]
html_css_files = ["site.css"]
