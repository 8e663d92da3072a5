from django.urls import path

from example_project.demo.development import authenticator, mailbox

urlpatterns = [
    path("authenticator/", authenticator, name="demo-authenticator"),
    path("mailbox/", mailbox, name="demo-mailbox"),
]
