"""The records, one family a file. Importing this package makes all of them known to the mapper."""

from crm.models.audit import AuditLog
from crm.models.contact import Contact, ContactAdvocacy, Employment
from crm.models.distribution import DistributorPrincipal, ProductDistributor
from crm.models.engagement import EngagementChange, PrincipalSummary, PrincipalWeek, principal_deltas
from crm.models.firm import ActivityGoal, FeatureFlag, FeatureFlagChange, PicklistValue
from crm.models.habit import DashboardPreference, Favorite, RecentItem, SavedView
from crm.models.heartbeat import Heartbeat
from crm.models.importing import ImportLayout, ImportRow, ImportSession, ImportSheet, ImportStep
from crm.models.interaction import OPEN_PROMISE, Interaction, InteractionPrincipal
from crm.models.job import File, Job, JobRow
from crm.models.legacy import LegacyArchive, LegacyFinding, LegacyIdMap
from crm.models.mail import Delivery, DeliveryItem, JournaledMail, MailAttempt, MailMessage
from crm.models.merge import DuplicatePair, MergeLog, MergeMove
from crm.models.notification import Notification
from crm.models.opportunity import (
    Opportunity,
    OpportunityContact,
    OpportunityPrincipal,
    OpportunityProduct,
    OpportunityStageChange,
)
from crm.models.organization import Organization, OrganizationAlias
from crm.models.product import Product
from crm.models.reports import PrincipalActivity, principal_touches
from crm.models.sample import Sample
from crm.models.token import ApiToken
from crm.models.user import (
    Cover,
    FirmSetting,
    NotificationPreference,
    PersonAlias,
    RequestKey,
    SignInAttempt,
    User,
)

__all__ = [
    "OPEN_PROMISE",
    "ActivityGoal",
    "ApiToken",
    "AuditLog",
    "Contact",
    "ContactAdvocacy",
    "Cover",
    "DashboardPreference",
    "Delivery",
    "DeliveryItem",
    "DistributorPrincipal",
    "DuplicatePair",
    "Employment",
    "EngagementChange",
    "Favorite",
    "FeatureFlag",
    "FeatureFlagChange",
    "File",
    "FirmSetting",
    "Heartbeat",
    "ImportLayout",
    "ImportRow",
    "ImportSession",
    "ImportSheet",
    "ImportStep",
    "Interaction",
    "InteractionPrincipal",
    "Job",
    "JobRow",
    "JournaledMail",
    "LegacyArchive",
    "LegacyFinding",
    "LegacyIdMap",
    "MailAttempt",
    "MailMessage",
    "MergeLog",
    "MergeMove",
    "Notification",
    "NotificationPreference",
    "Opportunity",
    "OpportunityContact",
    "OpportunityPrincipal",
    "OpportunityProduct",
    "OpportunityStageChange",
    "Organization",
    "OrganizationAlias",
    "PersonAlias",
    "PicklistValue",
    "PrincipalActivity",
    "PrincipalSummary",
    "PrincipalWeek",
    "Product",
    "ProductDistributor",
    "RecentItem",
    "RequestKey",
    "Sample",
    "SavedView",
    "SignInAttempt",
    "User",
    "principal_deltas",
    "principal_touches",
]
