"""Stored readings as a transfer of WHO PQS E006/DS01 (``cce-interop`` 0.8.1), for systems that speak it."""
