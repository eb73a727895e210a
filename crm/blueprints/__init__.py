"""One file, one blueprint, one URL prefix."""

from crm.blueprints import (
    components,
    follow_up_moves,
    follow_ups,
    interactions,
    principals,
    probes,
    today,
)

BLUEPRINTS = (
    today.bp,
    interactions.bp,
    follow_ups.bp,
    follow_up_moves.bp,
    principals.bp,
    components.bp,
    probes.bp,
)
