"""The records, one family a file. Importing this package makes all of them known to the mapper."""

from crm.models.contact import Contact
from crm.models.engagement import EngagementChange, PrincipalSummary, PrincipalWeek, principal_deltas
from crm.models.interaction import OPEN_PROMISE, Interaction, InteractionPrincipal
from crm.models.job import Job
from crm.models.mail import Delivery, DeliveryItem, MailAttempt, MailMessage
from crm.models.opportunity import (
    Opportunity,
    OpportunityPrincipal,
    OpportunityProduct,
    OpportunityStageChange,
)
from crm.models.organization import Organization, OrganizationAlias
from crm.models.product import Product
from crm.models.reports import PrincipalActivity
from crm.models.user import (
    FirmSetting,
    NotificationPreference,
    PersonAlias,
    RequestKey,
    SignInAttempt,
    User,
)

__all__ = [
    "OPEN_PROMISE",
    "Contact",
    "Delivery",
    "DeliveryItem",
    "EngagementChange",
    "FirmSetting",
    "Interaction",
    "InteractionPrincipal",
    "Job",
    "MailAttempt",
    "MailMessage",
    "NotificationPreference",
    "Opportunity",
    "OpportunityPrincipal",
    "OpportunityProduct",
    "OpportunityStageChange",
    "Organization",
    "OrganizationAlias",
    "PersonAlias",
    "PrincipalActivity",
    "PrincipalSummary",
    "PrincipalWeek",
    "Product",
    "RequestKey",
    "SignInAttempt",
    "User",
    "principal_deltas",
]
