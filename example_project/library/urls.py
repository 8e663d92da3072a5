from rest_framework.routers import SimpleRouter

from example_project.library import views

# The routes are spelt with converters, so that /books/x/ is a 404 without a look at the database.
router = SimpleRouter(use_regex_path=False)
router.register("authors", views.AuthorViewSet)
router.register("books", views.BookViewSet)
router.register("copies", views.CopyViewSet)
router.register("genres", views.GenreViewSet)
router.register("loans", views.LoanViewSet)
router.register("members", views.MemberViewSet)
router.register("publishers", views.PublisherViewSet)

urlpatterns = router.urls
