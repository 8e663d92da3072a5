from tests.conftest import bearer


def test_smoke(client, user, django_assert_num_queries):
    pair = client.pair(user)
    with django_assert_num_queries(2):
        r = client.sessions(pair["access"])
    print(r.json())
    with django_assert_num_queries(2):
        r = client.refresh(pair["refresh"])
    assert r.status_code == 200, r.json()
    again = client.refresh(pair["refresh"])
    assert again.json() == r.json()
    assert client.verify(r.json()["refresh"]).status_code == 200
    third = client.refresh(r.json()["refresh"])
    assert third.status_code == 200
    r = client.refresh(pair["refresh"])
    assert r.status_code == 401, r.json()
    print(r.json(), r.headers)
    assert client.sessions(pair["access"]).status_code == 401
