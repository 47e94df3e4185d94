# What each process is told: variables of domain/settings.py, and no secret among them.

locals {
  common_environment = {
    SEGUE_STORAGE_URL       = "s3://${aws_s3_bucket.archive.id}"
    SEGUE_LOG_LEVEL         = var.log_level
    SEGUE_METRICS_NAMESPACE = local.metrics_namespace
  }

  api_environment = merge(
    local.common_environment,
    {
      SEGUE_DATABASE_URL       = local.api_database_url
      SEGUE_DATABASE_POOL_SIZE = tostring(var.api_pool_size)
      # The first login by IAM may take seconds.
      SEGUE_CONNECTION_WAIT_SECONDS = "5"
      SEGUE_DATA_DIR                = "/tmp/segue"
      SEGUE_MAX_UPLOAD_MB           = tostring(var.max_upload_mb)
    },
    length(var.frontend_origins) > 0 ? { SEGUE_CORS_ORIGINS = join(",", var.frontend_origins) } : {},
    # The gateway verifies tokens; the API only looks who is a curator.
    local.curators == null ? {} : {
      SEGUE_OIDC_CURATOR_CLAIM = local.curators.claim
      SEGUE_OIDC_CURATOR_VALUE = local.curators.value
    },
  )

  ingest_environment = merge(local.common_environment, {
    SEGUE_DATABASE_URL       = local.api_database_url
    SEGUE_DATABASE_POOL_SIZE = "1"
    SEGUE_DATA_DIR           = "/tmp/segue"
  })

  worker_environment = merge(local.common_environment, {
    SEGUE_DATABASE_URL = local.worker_database_url
    SEGUE_WEIGHTS_DIR  = "s3://${aws_s3_bucket.archive.id}/weights"
    SEGUE_DATA_DIR     = "/data"
  })

  migrate_environment = merge(local.common_environment, {
    SEGUE_DATABASE_URL = local.administrator_url
    SEGUE_DATA_DIR     = "/data"
  })
}
