"""One file, one blueprint, one URL prefix."""

from crm.blueprints import (
    components,
    follow_up_moves,
    follow_ups,
    inbox,
    interactions,
    principals,
    probes,
    settings,
    today,
)

BLUEPRINTS = (
    today.bp,
    interactions.bp,
    follow_ups.bp,
    follow_up_moves.bp,
    principals.bp,
    settings.bp,
    inbox.bp,
    components.bp,
    probes.bp,
)
