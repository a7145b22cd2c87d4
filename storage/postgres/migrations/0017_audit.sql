-- Audit (storage/audit.py): rp-access writes it.
SELECT 1;
