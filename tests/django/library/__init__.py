"""A project that is run by Django's own commands: ``python -m django test``, ``runserver``, daphne's ``runserver``.

``LIBRARY_HANDLERS`` says whose handlers its entry points make, ``LIBRARY_DATABASE`` which file it has (none: in memory), and ``LIBRARY_WITH``
which packages it uses: ``daphne``, ``channels``, ``whitenoise``.
"""

from __future__ import annotations
