"""The test kit for plugins: a pytest plugin that comes with `gestral-core[testing]`.

    @pytest.fixture(scope="session")
    def gestral_plugins():
        from greeter import plugin
        return [plugin]

    async def test_greeting_is_kept(gestral: Kit) -> None:  # gestral.testing.kit
        user = gestral.user("greeter:write")
        client = gestral.client(user)
        answer = await client.post("/api/v1/greeter/greetings", json={"text": "hello"})
        assert answer.status_code == 201
        await gestral.run_jobs()
        assert gestral.mail[0].to == user.email

| Fixture               | What it is                                                        |
|-----------------------|-------------------------------------------------------------------|
| `gestral_plugins`     | override it: the plugins under test. Else the one that            |
|                       | `--gestral-plugin` names, else all that are installed             |
| `gestral_environment` | override it: variables that the plugins' settings are read from   |
| `gestral`             | a `Kit`: the platform on a real PostgreSQL, its tables empty      |

The conformance suite checks a plugin against the contract; it runs with

    pytest --pyargs gestral.testing.conformance --gestral-plugin greeter
"""
