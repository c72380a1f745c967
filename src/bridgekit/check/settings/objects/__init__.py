"""Classes of the project and their instances: construction, attributes, calls."""
