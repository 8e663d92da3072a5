from example_project import urls

urlpatterns = [
    each for each in urls.urlpatterns if getattr(each, "app_name", "") != "authkit_pages"
]
