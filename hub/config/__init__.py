"""epihub.toml: models, loader, and the documents made from them. Import the modules, not the package."""
