from rest_framework.routers import SimpleRouter

from example_project.tasks import views

router = SimpleRouter(use_regex_path=False)
router.register("projects", views.ProjectViewSet)
router.register("labels", views.LabelViewSet)
router.register("tasks", views.TaskViewSet)
router.register("comments", views.CommentViewSet)

urlpatterns = router.urls
