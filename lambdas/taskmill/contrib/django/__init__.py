"""Django's tasks (`django.tasks`, or the backport `django-tasks`) run by taskmill.

```python
# settings.py
TASKS = {"default": {"BACKEND": "taskmill.contrib.django.TaskmillBackend"}}

# tasks/django_worker.py, a module of the stack's TaskSource
from taskmill.contrib.django import django_tasks

django_tasks("django", timeout_seconds=120)
```

`task` is Django's own decorator, from wherever this Python has it.
"""

from taskmill.contrib.django.backend import TaskmillBackend
from taskmill.contrib.django.interface import task
from taskmill.contrib.django.worker import django_tasks

__all__ = ["TaskmillBackend", "django_tasks", "task"]
