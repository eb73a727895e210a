"""The parts of `bin/up`, `bin/test` and `bin/flask`: a whole KitchenPantry CRM on one bare machine.

Plain Python on the standard library, because it runs before anything is installed. Each module is one
part of the machine room:

    steps        says what is being done, how long it took, and what to do when it failed
    environment  .venv from the hash-locked requirements
    assets       Node packages and the built CSS and JavaScript
    browser      a Chromium for the browser tests
    envfile      DIR/env: the settings a running stack is known by
    ports        free ports that stay free
    accounts     who runs the servers when root starts them
    postgres     the embedded PostgreSQL: cluster, roles, database
    valkey       the embedded Valkey
    processes    starting, watching and stopping the servers
    up           the order of all this for `bin/up`
    trial        the order of all this for `bin/test`
"""
