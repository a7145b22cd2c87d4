"""Events as FHIR R4 (4.0.1): typed resources, made pure, checked before they leave.

``resources`` has what we send and nothing else, so that decoding a bundle against it is the check;
``laboratory``, ``cold_chain`` and ``supply`` make them; ``bundle`` puts them into one transaction.
"""
