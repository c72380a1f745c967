from __future__ import annotations

from django.urls import path
from shop import views

urlpatterns = [
    path("", views.index),
    path("sync/", views.sync_view),
    path("async/", views.async_view),
    path("template/", views.template_view),
    path("download/", views.download),
    path("events/", views.events),
    path("upload/", views.upload),
    path("gone/", views.gone),
    path("broken/", views.broken),
]
