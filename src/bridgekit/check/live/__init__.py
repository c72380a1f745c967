"""``--live``: the loaded chain of a project, told by a process of its own."""
