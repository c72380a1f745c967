"""Functions that block, by their dotted names, and what to use instead."""

from __future__ import annotations

_CLIENT = "an asynchronous HTTP client"
BLOCKING_CALLS = {
    "time.sleep": "await asyncio.sleep(...)",
    "urllib.request.urlopen": _CLIENT,
    "urllib.request.urlretrieve": _CLIENT,
    "urllib3.request": _CLIENT,
    "subprocess.run": "asyncio.create_subprocess_exec",
    "subprocess.call": "asyncio.create_subprocess_exec",
    "subprocess.check_call": "asyncio.create_subprocess_exec",
    "subprocess.check_output": "asyncio.create_subprocess_exec",
    "subprocess.getoutput": "asyncio.create_subprocess_shell",
    "subprocess.getstatusoutput": "asyncio.create_subprocess_shell",
    "os.system": "asyncio.create_subprocess_shell",
    "socket.create_connection": "asyncio.open_connection",
    **{
        f"{library}.{verb}": _CLIENT
        for library in ("requests", "httpx")
        for verb in ("get", "post", "put", "patch", "delete", "head", "options", "request")
    },
}
_OF_MAIL = {
    "smtplib.SMTP": "aiosmtplib",
    "smtplib.SMTP_SSL": "aiosmtplib",
    "ftplib.FTP": "sync_to_async",
    "imaplib.IMAP4_SSL": "sync_to_async",
}
CONNECTING = frozenset(_OF_MAIL)
"""Clients of Python's own library that connect when they are made, if they are given an address."""
BLOCKING_CALLS.update(
    {
        f"{client}.{verb}": instead
        for client, instead in _OF_MAIL.items()
        for verb in ("connect", "login", "send_message", "sendmail", "starttls", "storbinary", "retrbinary")
    }
)
MAIL_CALLS = frozenset(
    {
        *(
            f"django.core.mail.{name}"
            for name in ("mail_admins", "mail_managers", "send_mail", "send_mass_mail")
        ),
        "django.core.mail.EmailMessage.send",
        "django.core.mail.EmailMultiAlternatives.send",
    }
)
"""Block while a backend of EMAIL_BACKEND talks to a mail server."""
QUERYING_CALLS = {
    "django.shortcuts.get_object_or_404": "await aget_object_or_404(...)",
    "django.shortcuts.get_list_or_404": "await aget_list_or_404(...)",
    "django.contrib.auth.authenticate": "await aauthenticate(...)",
    "django.contrib.auth.login": "await alogin(...)",
    "django.contrib.auth.logout": "await alogout(...)",
    "django.contrib.auth.get_user": "await aget_user(...)",
    "django.contrib.auth.update_session_auth_hash": "await aupdate_session_auth_hash(...)",
    "django.db.connection.cursor": "sync_to_async around the whole query",
}
"""Functions of Django's that query the database at once, with their twins."""

SITE = "django.contrib.sites.shortcuts.get_current_site"
"""Queries where django.contrib.sites is installed."""

CACHE_VERBS = frozenset(
    ["get", "set", "add", "delete", "get_many", "set_many", "delete_many", "incr", "decr", "touch", "has_key", "clear",
     "get_or_set"]
)  # fmt: skip
"""Methods of a cache that query where it is kept in the database; each has a twin that starts with ``a``."""
