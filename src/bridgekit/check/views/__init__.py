"""The views that a project's URLconf names, as its source shows them."""
