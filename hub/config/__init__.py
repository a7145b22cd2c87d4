"""epihub.toml: models, loader, and the documents made from the models. Import the modules, not the package."""
