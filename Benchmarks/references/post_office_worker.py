"""django-post_office as its documentation has it: mails are rendered when they are delivered, connections are kept.

    post_office_worker.py DSN PORT OCTETS install | enqueue FILE | work PROCESSES
"""

import json
import sys
import urllib.parse

import django
import templates
from django.conf import settings


def configure(dsn, port):
    parts = urllib.parse.urlsplit(dsn)
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "post_office"], USE_TZ=True, SECRET_KEY="bench",
        DEFAULT_FROM_EMAIL="Example Support <support@example.com>", EMAIL_HOST="127.0.0.1", EMAIL_PORT=int(port),
        DATABASES={"default": {
            "ENGINE": "django.db.backends.postgresql", "NAME": parts.path[1:], "USER": parts.username,
            "HOST": parts.hostname, "PORT": parts.port}},
        TEMPLATES=[{"BACKEND": "post_office.template.backends.post_office.PostOfficeTemplates", "APP_DIRS": True,
                    "OPTIONS": {"context_processors": []}}],
        POST_OFFICE={"BATCH_SIZE": 1_000, "THREADS_PER_PROCESS": 8, "BACKENDS": {
            "default": "django.core.mail.backends.smtp.EmailBackend"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", LOGGING_CONFIG=None)
    django.setup()


def install(octets):
    from django.core.management import call_command
    from post_office.models import EmailTemplate
    call_command("migrate", verbosity=0)
    EmailTemplate.objects.create(
        name="ticket", subject="{{ subject }}", content=templates.TEXT, html_content=templates.html(int(octets)))


def enqueue(path):
    from post_office import mail
    events = json.loads(open(path).read())
    for begin in range(0, len(events), 1_000):
        mail.send_many([
            {"recipients": values["address"], "template": "ticket", "context": values, "render_on_delivery": True}
            for values in map(templates.values, events[begin:begin + 1_000])])


def work(processes):
    from django.core.management import call_command
    call_command("send_queued_mail", processes=int(processes), log_level=1)


dsn, port, octets, command, *rest = sys.argv[1:]
configure(dsn, port)
if command == "install":
    install(octets)
elif command == "enqueue":
    enqueue(*rest)
else:
    work(*rest)
