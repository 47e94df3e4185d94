# Every log group is made here, so that none lives for ever.

locals {
  log_groups = {
    api      = "/aws/lambda/${var.name}-api"
    ingest   = "/aws/lambda/${var.name}-ingest"
    gateway  = "/aws/apigateway/${var.name}"
    worker   = "/aws/ecs/${var.name}/worker"
    tasks    = "/aws/ecs/${var.name}/tasks"
    database = "/aws/rds/instance/${var.name}/postgresql"
    upgrades = "/aws/rds/instance/${var.name}/upgrade"
  }
}

resource "aws_cloudwatch_log_group" "api" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts with its own keys; a key of one's own costs a dollar a month.
  #checkov:skip=CKV_AWS_338:Logs name what visitors asked for: they are kept as long as they help, not a year.
  name              = local.log_groups.api
  retention_in_days = var.log_retention_days
}

resource "aws_cloudwatch_log_group" "ingest" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts with its own keys; a key of one's own costs a dollar a month.
  #checkov:skip=CKV_AWS_338:They are kept as long as they help, not a year.
  name              = local.log_groups.ingest
  retention_in_days = var.log_retention_days
}

resource "aws_cloudwatch_log_group" "gateway" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts with its own keys; a key of one's own costs a dollar a month.
  #checkov:skip=CKV_AWS_338:They are kept as long as they help, not a year.
  name              = local.log_groups.gateway
  retention_in_days = var.log_retention_days
}

resource "aws_cloudwatch_log_group" "worker" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts with its own keys; a key of one's own costs a dollar a month.
  #checkov:skip=CKV_AWS_338:They are kept as long as they help, not a year.
  name              = local.log_groups.worker
  retention_in_days = var.log_retention_days
}

resource "aws_cloudwatch_log_group" "tasks" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts with its own keys; a key of one's own costs a dollar a month.
  #checkov:skip=CKV_AWS_338:They are kept as long as they help, not a year.
  name              = local.log_groups.tasks
  retention_in_days = var.log_retention_days
}

resource "aws_cloudwatch_log_group" "database" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts with its own keys; a key of one's own costs a dollar a month.
  #checkov:skip=CKV_AWS_338:They are kept as long as they help, not a year.
  for_each = toset([local.log_groups.database, local.log_groups.upgrades])

  name              = each.value
  retention_in_days = var.log_retention_days
}
