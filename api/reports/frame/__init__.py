"""What the nine reports share: one form of content, and how it becomes JSON, CSV, XLSX, PDF and a page."""
