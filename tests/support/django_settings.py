"""Settings of a small Django project, whose tasks taskmill runs."""

import django

SECRET_KEY = "for tests"
USE_TZ = True
INSTALLED_APPS = [] if django.VERSION >= (6, 0) else ["django_tasks"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
TASKS = {
    "default": {
        "BACKEND": "taskmill.contrib.django.TaskmillBackend",
        "QUEUES": ["default", "reports"],
        "OPTIONS": {"TENANT": "django_shop.current_tenant"},
    }
}
