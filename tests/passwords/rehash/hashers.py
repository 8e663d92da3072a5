from django.contrib.auth.hashers import PBKDF2PasswordHasher


class FewIterations(PBKDF2PasswordHasher):
    iterations = 2


class MoreIterations(PBKDF2PasswordHasher):
    iterations = 3
