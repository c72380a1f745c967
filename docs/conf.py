"""The manual as a site: ``tox run -e site`` writes it to ``.tox/site/html``."""

from __future__ import annotations

from importlib.metadata import version as version_of

project = "bridgekit"
author = "The bridgekit developers"
copyright = "The bridgekit developers"  # noqa: A001  # Sphinx asks for this name
version = release = version_of("bridgekit")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "sphinxcontrib.mermaid",
]
myst_enable_extensions = ["deflist"]
myst_fence_as_directive = ["mermaid"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
templates_path: list[str] = []

html_theme = "furo"
html_title = "bridgekit"
html_show_sphinx = False
html_static_path = ["assets"]
html_js_files = ["accessible.js"]
html_css_files = ["tables.css"]

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autoclass_content = "both"
# Docstrings are Markdown-like prose with single backquotes for code.
default_role = "code"
# What a session copies is what it types.
copybutton_prompt_text = "$ "
