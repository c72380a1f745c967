"""``--live``: the loaded chain of a project, described by a process of its own."""
