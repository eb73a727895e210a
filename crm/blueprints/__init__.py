"""One file, one blueprint, one URL prefix."""

from crm.blueprints import components, interactions, probes

BLUEPRINTS = (components.bp, interactions.bp, probes.bp)
