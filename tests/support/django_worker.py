"""What the worker of the Django project loads."""

from taskmill import Retry
from taskmill.contrib.django import django_tasks

NO_WAIT = Retry(max_attempts=2, base_seconds=0)
default = django_tasks(retry=NO_WAIT)
reports = django_tasks("django-reports", timeout_seconds=300)
