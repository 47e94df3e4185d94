"""Object storage: uploads, artefacts and snapshots, in a folder or in S3. Open it with `location.open_storage`."""
