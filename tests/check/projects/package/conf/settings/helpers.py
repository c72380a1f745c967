import os


def flag(name, default="off"):
    """A switch in the environment."""
    value = os.environ.get(name, default).strip().lower()
    if value in ("on", "1", "yes"):
        return True
    if value in ("off", "0", "no"):
        return False
    raise ValueError(f"{name} must be on or off")
