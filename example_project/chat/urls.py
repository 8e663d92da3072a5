from rest_framework.routers import SimpleRouter

from example_project.chat import views

router = SimpleRouter(use_regex_path=False)
router.register("chat/sessions", views.ChatSessionViewSet)

urlpatterns = router.urls
