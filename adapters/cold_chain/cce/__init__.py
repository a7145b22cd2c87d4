"""WHO PQS E006/DS01 ``cce-interop``: what monitoring systems push about fridges and freezers, without I/O."""
