"""Settings of the site: `make docs` builds it, with no network and no warning."""

import gc
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

from noflat_site.formulas import SCRIPT

import noflat

gc.set_threshold(200_000)  # a build keeps most of what it makes, and takes a fifth less time so

project = "noflat"
author = "The noflat authors"
project_copyright = author
version = release = noflat.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "noflat_site",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_extensions", "_gallery", "gallery/*.py", "gallery/*.ipynb"]
nitpicky = True
# Types of other libraries: their documentation is elsewhere, and a build fetches nothing.
nitpick_ignore_regex = [(r"py:.*", r"(?!noflat\b).*|.*\._.*")]

# Pages are Markdown that GitHub shows, too: its formulas, its anchors.
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_dmath_double_inline = True  # as on GitHub, a paragraph may go on around $$ $$
myst_heading_anchors = 6
mathjax_path = SCRIPT

autodoc_default_options = {"member-order": "bysource"}
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autosummary_generate = False
viewcode_follow_imported_members = False  # each is shown where it is defined
add_module_names = False
toc_object_entries_show_parents = "hide"
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_attr_annotations = False  # the signature of a class has them
python_maximum_signature_line_length = 88

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

sphinx_gallery_conf = {
    "examples_dirs": "_gallery",
    "gallery_dirs": "gallery",
    "filename_pattern": "",
    "within_subsection_order": "FileNameSortKey",
    "image_scrapers": ("noflat_site.gallery.take_figures",),
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "min_reported_time": 1e9,
    "abort_on_example_error": True,
}

html_theme = "furo"
html_title = "noflat"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "default"
pygments_dark_style = "github-dark"
