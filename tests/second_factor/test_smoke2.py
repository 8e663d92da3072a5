import base64, time
import pytest
from django_otp.oath import hotp
from tests.conftest import AUTH, bearer, PASSWORD

def code_for(secret, offset=0):
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    return f"{hotp(key, int(time.time()) // 30 + offset):06d}"

@pytest.mark.django_db(transaction=True)
def test_journey(client, user, django_assert_num_queries, mailoutbox):
    pair = client.pair(user)
    other = client.pair(user)
    b = bearer(pair["access"])
    r = client.get(AUTH + "2fa/", **b); print(r.json())
    r = client.post(AUTH + "2fa/totp/setup/", **b); assert r.status_code == 201, r.content
    s = r.json(); print(s["otpauth_url"], len(s["qr_code"]))
    r = client.post(AUTH + "2fa/totp/verify/", {"code": "000000"}, format="json", **b); print(r.status_code, r.json())
    r = client.post(AUTH + "2fa/totp/verify/", {"code": code_for(s["secret"], -1)}, format="json", **b); assert r.status_code == 200, r.content
    codes = r.json()["recovery_codes"]; print(codes)
    assert client.sessions(other["access"]).status_code == 401
    assert client.sessions(pair["access"]).status_code == 200
    print(client.sessions(pair["access"]).json())
    r = client.log_in(user); assert r.status_code == 202, r.content; ch = r.json(); print(ch)
    for path, body in [("token/refresh/", {"refresh": ch["challenge"]}), ("token/verify/", {"token": ch["challenge"]})]:
        assert client.post(AUTH + path, body, format="json").status_code == 401
    assert client.sessions(ch["challenge"]).status_code == 401
    sf = lambda ch, code: client.post(AUTH + "token/second-factor/", {"challenge": ch["challenge"], "code": code}, format="json")
    r = sf(ch, code_for(s["secret"], -1)); assert r.status_code == 401; print(r.json())
    r = sf(ch, code_for(s["secret"])); assert r.status_code == 200, r.content; p = r.json()
    r = sf(ch, codes[0]); assert r.status_code == 401 and r.json()["code"] == "invalid_challenge"
    ch = client.log_in(user).json()
    r = sf(ch, codes[0].upper()); assert r.status_code == 200, r.content
    ch = client.log_in(user).json()
    assert sf(ch, codes[0]).status_code == 401
    r = client.post(AUTH + "reauthenticate/", {"code": codes[1]}, format="json", **bearer(p["access"])); assert r.status_code == 200; print(r.json())
    r = client.post(AUTH + "2fa/totp/disable/", {"code": codes[2], "password": PASSWORD}, format="json", **bearer(p["access"])); assert r.status_code == 204, r.content
    print(client.get(AUTH + "2fa/", **bearer(p["access"])).json())
    print([m.subject for m in mailoutbox])
