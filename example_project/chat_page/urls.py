from django.urls import path

from example_project.chat_page.views import ChatPageView

urlpatterns = [path("chat/", ChatPageView.as_view(), name="chat-page")]
