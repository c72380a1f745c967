"""Which of Django's test packages are run: all that ask a handler for something, and what handlers stand on."""

from __future__ import annotations

# fmt: off
LABELS = (
    "admin_docs", "asgi", "async", "auth_tests", "builtin_server", "conditional_processing", "contenttypes_tests",
    "context_processors", "csrf_tests", "dispatch", "file_storage", "file_uploads", "flatpages_tests", "generic_views",
    "handlers", "httpwrappers", "i18n", "logging_tests", "messages_tests", "middleware", "middleware_exceptions",
    "project_template", "redirects_tests", "requests_tests", "responses", "servers", "sessions_tests", "shortcuts",
    "signals", "signed_cookies_tests", "sitemaps_tests", "sites_tests", "staticfiles_tests", "syndication_tests",
    "template_tests", "test_client", "test_client_regress", "test_utils", "timezones", "urlpatterns", "urlpatterns_reverse",
    "user_commands", "view_tests", "wsgi",
)
# fmt: on

PROOF = ("asgi", "handlers", "middleware", "test_client")
"""With a broken handler most tests of these must fail."""

# fmt: off
ADMIN = (
    "admin_autodiscover", "admin_changelist", "admin_custom_urls", "admin_default_site", "admin_docs", "admin_filters", "admin_inlines",
    "admin_ordering", "admin_registration", "admin_utils", "admin_views", "admin_widgets",
)
# fmt: on
"""Django's admin, asked through both adapters."""
