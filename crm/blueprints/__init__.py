"""One file, one blueprint, one URL prefix."""

from crm.blueprints import (
    accounts,
    components,
    follow_up_moves,
    follow_ups,
    inbox,
    interactions,
    invitations,
    principals,
    probes,
    settings,
    team,
    today,
)

BLUEPRINTS = (
    today.bp,
    interactions.bp,
    follow_ups.bp,
    follow_up_moves.bp,
    principals.bp,
    team.bp,
    accounts.bp,
    settings.bp,
    invitations.bp,
    inbox.bp,
    components.bp,
    probes.bp,
)
