# One package, two functions. New code is published as a version, and answers once the alias `live` names it, which is after
# the migrations (release.tf).

resource "aws_s3_object" "package" {
  bucket      = aws_s3_bucket.archive.id
  key         = "${local.prefixes.releases}${local.package.sha256}.zip"
  source      = local.package_zip
  source_hash = local.package.sha256

  depends_on = [aws_s3_bucket_versioning.archive, aws_s3_bucket_server_side_encryption_configuration.archive]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lambda_function" "api" {
  #checkov:skip=CKV_AWS_116:The gateway waits for every answer, so nothing is left that a queue could keep.
  #checkov:skip=CKV_AWS_50:Tracing is paid by the trace; every answer carries a request id that the logs name.
  #checkov:skip=CKV_AWS_272:The package is built on the operator's machine and named by its hash; signing it needs a profile that small accounts do not have.
  #checkov:skip=CKV_AWS_173:There is no secret in the environment.
  function_name = "${var.name}-api"
  description   = "Segue ${var.release}: answers GraphQL"
  role          = aws_iam_role.api.arn

  s3_bucket     = aws_s3_object.package.bucket
  s3_key        = aws_s3_object.package.key
  runtime       = local.package.runtime
  architectures = [var.architecture]
  handler       = "api.handler.handler"
  publish       = true

  memory_size                    = local.sizes.api.memory_mb
  timeout                        = local.sizes.api.timeout_seconds
  reserved_concurrent_executions = var.api_concurrency

  environment {
    variables = local.api_environment
  }

  vpc_config {
    subnet_ids         = aws_subnet.inner[*].id
    security_group_ids = [aws_security_group.functions.id]
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.api.name
  }

  depends_on = [aws_iam_role_policy.api]

  lifecycle {
    precondition {
      condition     = local.package.deployable
      error_message = "The package was built with a Python that Lambda cannot run it on (${local.package.runtime}). Build it with: make package LAMBDA_PYTHON=python3.13"
    }
  }
}

resource "aws_lambda_function" "ingest" {
  #checkov:skip=CKV_AWS_116:What fails goes to the queue of aws_lambda_function_event_invoke_config, which holds the event and the error; a dead letter queue holds less.
  #checkov:skip=CKV_AWS_50:Tracing is paid by the trace; every job is named in the logs.
  #checkov:skip=CKV_AWS_272:The package is built on the operator's machine and named by its hash; signing it needs a profile that small accounts do not have.
  #checkov:skip=CKV_AWS_173:There is no secret in the environment.
  function_name = "${var.name}-ingest"
  description   = "Segue ${var.release}: turns uploads into jobs"
  role          = aws_iam_role.ingest.arn

  s3_bucket     = aws_s3_object.package.bucket
  s3_key        = aws_s3_object.package.key
  runtime       = local.package.runtime
  architectures = [var.architecture]
  handler       = "jobs.ingest_handler.handler"
  publish       = true

  memory_size                    = local.sizes.ingest.memory_mb
  timeout                        = local.sizes.ingest.timeout_seconds
  reserved_concurrent_executions = var.ingest_concurrency

  environment {
    variables = local.ingest_environment
  }

  vpc_config {
    subnet_ids         = aws_subnet.inner[*].id
    security_group_ids = [aws_security_group.functions.id]
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.ingest.name
  }

  depends_on = [aws_iam_role_policy.ingest]
}
