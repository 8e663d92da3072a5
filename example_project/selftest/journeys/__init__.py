from example_project.selftest.journeys import (
    accounts,
    api_keys,
    contract,
    documentation,
    library,
    login,
    malformed,
    open_door,
    passwords,
    second_factor,
    sessions,
    tasks,
    tokens,
    traces,
)

# In the order of a visit: the door, the way in, what is inside, and the map of it all.
JOURNEYS = [
    open_door,
    malformed,
    login,
    tokens,
    sessions,
    passwords,
    accounts,
    second_factor,
    api_keys,
    library,
    tasks,
    documentation,
    contract,
    traces,
]
