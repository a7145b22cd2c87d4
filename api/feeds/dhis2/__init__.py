"""Reports as DHIS2 data value sets (docs.dhis2.org, Web API, Data values). Pure."""
