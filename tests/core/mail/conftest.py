import django

#: Before Django 6.0 there are no tasks.
collect_ignore = ["test_mail_task.py"] if django.VERSION < (6, 0) else []
