"""One file, one blueprint, one URL prefix."""

from crm.blueprints import probes

BLUEPRINTS = (probes.bp,)
