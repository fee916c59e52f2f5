"""The databases and services of Lectern by name, and where their code is; imported only when asked for."""

from __future__ import annotations

from importlib import import_module

# Database -> package whose migrations make its tables.
DATABASES = {
    "directory": "gateway.directory",
    "views": "gateway.views",
    "scheduling": "scheduling",
    "enrollment": "enrollment",
    "feedback": "feedback",
    "notifications": "notifications",
}

# Process -> class of the service it runs.
SERVICES = {
    "scheduling": "scheduling.service:SchedulingService",
    "enrollment": "enrollment.service:EnrollmentService",
    "feedback": "feedback.service:FeedbackService",
    "notifications": "notifications.service:NotificationsService",
    "views": "gateway.views.service:ViewsService",
}


def service_class(name: str) -> type:
    """The class behind the name of a process."""
    module, _, attribute = SERVICES[name].partition(":")
    found: type = getattr(import_module(module), attribute)
    return found


def service_classes() -> list[type]:
    return [service_class(name) for name in SERVICES]
