"""ASTM E1381 (LIS1-A) and E1394 (LIS2-A2): link layer, records, and what they mean. All of it without I/O."""
