"""No user sees, changes or reaches the rows of another. Run by test_project.py."""

from django.contrib.auth import get_user_model
from rest_framework.test import APITestCase

from example_project.tasks.models import Comment, Label, Project, Task

API = "/api/v1"


class OwnershipCases(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.owner = get_user_model().objects.create_user("owner")
        cls.other = get_user_model().objects.create_user("other", is_superuser=True)
        cls.project = Project.objects.create(owner=cls.owner, name="House")
        cls.label = Label.objects.create(owner=cls.owner, name="urgent")
        cls.task = Task.objects.create(project=cls.project, title="Paint")
        cls.comment = Comment.objects.create(task=cls.task, text="In blue")

    def setUp(self):
        self.client.force_authenticate(self.other)

    def details(self):
        return {
            f"{API}/projects/{self.project.pk}/": self.project,
            f"{API}/labels/{self.label.pk}/": self.label,
            f"{API}/tasks/{self.task.pk}/": self.task,
            f"{API}/comments/{self.comment.pk}/": self.comment,
        }

    def test_lists_are_empty_for_another_user(self):
        for kind in ("projects", "labels", "tasks", "comments"):
            with self.subTest(kind):
                assert self.client.get(f"{API}/{kind}/").json()["results"] == []

    def test_every_method_on_a_row_of_another_user_is_404_and_changes_nothing(self):
        for path, row in self.details().items():
            for method in ("get", "patch", "delete"):
                with self.subTest(path, method=method):
                    response = getattr(self.client, method)(path, format="json")
                    assert response.status_code == 404
                    assert type(row).objects.filter(pk=row.pk).exists()

    def test_the_404_of_another_users_row_is_that_of_an_unknown_id(self):
        for path in self.details():
            never = path.rsplit("/", 2)[0] + "/999999/"
            with self.subTest(path):
                assert self.client.get(path).content == self.client.get(never).content

    def test_actions_on_a_task_of_another_user_are_404(self):
        for name in ("complete", "reopen"):
            response = self.client.post(f"{API}/tasks/{self.task.pk}/{name}/")
            assert response.status_code == 404
        self.task.refresh_from_db()
        assert self.task.done_at is None

    def test_a_task_cannot_be_put_into_a_project_of_another_user(self):
        body = {"title": "Smuggled", "project": self.project.pk}
        assert self.client.post(f"{API}/tasks/", body, format="json").status_code == 400
        mine = self.my_task()
        body = {"project": self.project.pk}
        path = f"{API}/tasks/{mine.pk}/"
        assert self.client.patch(path, body, format="json").status_code == 400

    def test_a_task_cannot_carry_a_label_of_another_user(self):
        path = f"{API}/tasks/{self.my_task().pk}/"
        response = self.client.patch(path, {"labels": [self.label.pk]}, format="json")
        assert response.status_code == 400

    def test_a_task_of_another_user_cannot_be_commented(self):
        body = {"task": self.task.pk, "text": "Hello"}
        assert self.client.post(f"{API}/comments/", body, format="json").status_code == 400

    def test_an_owner_in_the_body_is_not_taken(self):
        body = {"name": "Gift", "owner": self.owner.pk}
        response = self.client.post(f"{API}/projects/", body, format="json")
        assert response.status_code == 201
        assert Project.objects.get(pk=response.json()["id"]).owner == self.other

    def test_ownership_cannot_be_given_away(self):
        mine = Project.objects.create(owner=self.other, name="Mine")
        body = {"owner": self.owner.pk}
        self.client.patch(f"{API}/projects/{mine.pk}/", body, format="json")
        mine.refresh_from_db()
        assert mine.owner == self.other

    def test_the_same_label_twice_is_400_and_two_people_may_share_its_name(self):
        path, body = f"{API}/labels/", {"name": "urgent"}
        assert self.client.post(path, body, format="json").status_code == 201
        assert self.client.post(path, body, format="json").status_code == 400

    def test_a_label_can_be_renamed_but_not_to_one_that_is_there(self):
        first = Label.objects.create(owner=self.other, name="one")
        Label.objects.create(owner=self.other, name="two")
        path = f"{API}/labels/{first.pk}/"
        assert self.client.patch(path, {"name": "three"}, format="json").status_code == 200
        assert self.client.patch(path, {"name": "two"}, format="json").status_code == 400

    def test_filters_by_relation_leak_nothing(self):
        for query in (
            f"tasks/?project={self.project.pk}",
            f"tasks/?label={self.label.pk}",
            f"comments/?task={self.task.pk}",
        ):
            with self.subTest(query):
                response = self.client.get(f"{API}/{query}")
                never = self.client.get(f"{API}/{query.split('=')[0]}=999999")
                assert response.status_code == never.status_code == 400

    def test_filters_and_search_find_ones_own(self):
        self.client.force_authenticate(self.owner)
        self.task.labels.add(self.label)
        for query in (
            f"project={self.project.pk}",
            f"label={self.label.pk}",
            "open=true",
            "search=pai",
        ):
            with self.subTest(query):
                assert self.client.get(f"{API}/tasks/?{query}").json()["count"] == 1
        assert self.client.get(f"{API}/tasks/?open=false").json()["count"] == 0

    def my_task(self):
        project = Project.objects.create(owner=self.other, name="Mine")
        return Task.objects.create(project=project, title="My own")
