"""What the store holds as a read-only FHIR R4 server: results, incidents, deliveries, and what they name.

Ids are this store's own (hub.fhir.naming.LocalIds); what stands is told, in one version.
"""
