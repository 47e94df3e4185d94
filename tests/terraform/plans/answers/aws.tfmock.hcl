# What AWS would answer, where it matters what it looks like. Everything else is made up by Terraform.

mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_iam_policy_document" {
  defaults = { json = "{}" }
}

mock_resource "aws_db_instance" {
  defaults = {
    address            = "segue.c1.eu-central-1.rds.amazonaws.com"
    resource_id        = "db-ABC"
    master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1" }]
  }
}

mock_resource "aws_db_proxy" {
  defaults = {
    arn      = "arn:aws:rds:eu-central-1:123456789012:db-proxy:prx-0a1b"
    endpoint = "segue.proxy-c1.eu-central-1.rds.amazonaws.com"
  }
}

mock_resource "aws_ecr_repository" {
  defaults = { repository_url = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/segue-worker" }
}

mock_resource "aws_s3_bucket" {
  defaults = { id = "segue-archive-123456789012" }
}

mock_resource "aws_lambda_function" {
  defaults = { version = "7" }
}

mock_resource "aws_apigatewayv2_api" {
  defaults = {
    api_endpoint  = "https://a1.execute-api.eu-central-1.amazonaws.com"
    execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:a1"
  }
}
