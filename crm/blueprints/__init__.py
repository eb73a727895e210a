"""One file, one blueprint, one URL prefix."""

from crm.blueprints import interactions, probes

BLUEPRINTS = (interactions.bp, probes.bp)
