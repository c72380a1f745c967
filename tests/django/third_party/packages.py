"""Middleware of packages that projects really use, with what each asks of a project's settings."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Package:
    """One middleware; ``place`` is its index in MIDDLEWARE as its manual has it, None for the last one."""

    path: str
    apps: tuple[str, ...] = ()
    place: int | None = None
    settings: dict[str, object] = field(default_factory=dict)
    unread: bool = False
    """Its source does not tell how often it calls ``sync_to_async``: bounds are printed."""

    @property
    def module(self) -> str:
        """What must be importable."""
        return self.path.partition(".")[0]


AXES: dict[str, object] = {
    "AUTHENTICATION_BACKENDS": [
        "axes.backends.AxesStandaloneBackend",
        "django.contrib.auth.backends.ModelBackend",
    ]
}

PACKAGES = [
    Package("whitenoise.middleware.WhiteNoiseMiddleware", place=1),
    Package("corsheaders.middleware.CorsMiddleware", ("corsheaders",), 2, {"CORS_ALLOW_ALL_ORIGINS": True}),
    Package("debug_toolbar.middleware.DebugToolbarMiddleware", ("debug_toolbar",), 0, unread=True),
    Package("django_htmx.middleware.HtmxMiddleware", ("django_htmx",)),
    Package("csp.middleware.CSPMiddleware", ("csp",)),
    Package("allauth.account.middleware.AccountMiddleware", ("allauth", "allauth.account"), unread=True),
    Package("axes.middleware.AxesMiddleware", ("axes",), None, AXES),
    Package("simple_history.middleware.HistoryRequestMiddleware", ("simple_history",)),
    Package("crum.CurrentRequestUserMiddleware"),
    Package("django_currentuser.middleware.ThreadLocalUserMiddleware"),
    Package("django_structlog.middlewares.RequestMiddleware", ("django_structlog",)),
    Package("django_guid.middleware.GuidMiddleware", ("django_guid",), 0),
    Package("django_prometheus.middleware.PrometheusBeforeMiddleware", ("django_prometheus",), 0),
    Package("django_prometheus.middleware.PrometheusAfterMiddleware", ("django_prometheus",)),
    Package("silk.middleware.SilkyMiddleware", ("silk",)),
    Package(
        "django_hosts.middleware.HostsRequestMiddleware",
        ("django_hosts",),
        0,
        {"ROOT_HOSTCONF": "shop.hosts", "DEFAULT_HOST": "www"},
    ),
    Package("django_user_agents.middleware.UserAgentMiddleware", ("django_user_agents",)),
    Package(
        "django_ratelimit.middleware.RatelimitMiddleware", (), None, {"RATELIMIT_VIEW": "shop.views.plain"}
    ),
    Package("waffle.middleware.WaffleMiddleware", ("waffle",)),
    Package("impersonate.middleware.ImpersonateMiddleware", ("impersonate",)),
    Package("auditlog.middleware.AuditlogMiddleware", ("auditlog",)),
    Package("reversion.middleware.RevisionMiddleware", ("reversion",)),
    Package("maintenance_mode.middleware.MaintenanceModeMiddleware", ("maintenance_mode",)),
    Package(
        "django_permissions_policy.PermissionsPolicyMiddleware", (), 1, {"PERMISSIONS_POLICY": {"camera": []}}
    ),
    Package("django_session_timeout.middleware.SessionTimeoutMiddleware", (), 2),
    Package("request_logging.middleware.LoggingMiddleware", (), 0),
    Package("log_request_id.middleware.RequestIDMiddleware", (), 0),
    Package("django_otp.middleware.OTPMiddleware", ("django_otp",)),
    Package("cid.middleware.CidMiddleware", ("cid.apps.CidAppConfig",), 0, {"CID_GENERATE": True}),
    Package("easyaudit.middleware.easyaudit.EasyAuditMiddleware", ("easyaudit",)),
    Package("flags.middleware.FlagConditionsMiddleware", ("flags",)),
    Package("lockdown.middleware.LockdownMiddleware", ("lockdown",), None, {"LOCKDOWN_ENABLED": False}),
    Package("django_minify_html.middleware.MinifyHtmlMiddleware"),
    Package("compression_middleware.middleware.CompressionMiddleware", (), 0),
    Package(
        "django_referrer_policy.middleware.ReferrerPolicyMiddleware", (), None, {"REFERRER_POLICY": "origin"}
    ),
    Package("sesame.middleware.AuthenticationMiddleware"),
]
