# What the frontend needs.

output "graphql_url" {
  description = "Where everybody asks."
  value       = "${aws_apigatewayv2_api.api.api_endpoint}/graphql"
}

output "page_url" {
  description = "The page for listening; null where it is not served."
  value       = var.serve_page ? aws_apigatewayv2_api.api.api_endpoint : null
}

output "curator_graphql_url" {
  description = "Where curators ask, with a token of the issuer; null where there is no issuer."
  value       = local.curators == null ? null : "${aws_apigatewayv2_api.api.api_endpoint}/curator/graphql"
}

output "login" {
  description = "What a frontend needs to let curators log in (OIDC, code with PKCE); null where there is no issuer."
  value = local.curators == null ? null : {
    issuer    = local.curators.issuer
    client_id = local.curators.audience[0]
    scopes    = ["openid", "email"]
    redirect  = var.curator_cognito ? local.callback_urls : []
    login_url = var.curator_cognito ? "https://${aws_cognito_user_pool_domain.curators[0].domain}.auth.${var.region}.amazoncognito.com" : null
  }
}

# What the operator needs.

output "bucket" {
  description = "The bucket; recordings that are put below audio/incoming/ are imported."
  value       = aws_s3_bucket.archive.id
}

output "image_repository" {
  description = "Where the worker's image is pushed."
  value       = aws_ecr_repository.worker.repository_url
}

output "run_task" {
  description = "Environment for terraform/run-task: run-task migrate, run-task train train SHALLOW, run-task worker spaces."
  value = {
    AWS_REGION      = var.region
    CLUSTER         = aws_ecs_cluster.this.name
    SUBNETS         = join(",", aws_subnet.workers[*].id)
    SECURITY_GROUPS = aws_security_group.workers.id
    LOG_GROUP       = aws_cloudwatch_log_group.tasks.name
    FAMILY          = var.name
  }
}

output "database" {
  description = "The database: its name in RDS, where it is, and the secret of its administrator."
  value = {
    identifier = aws_db_instance.archive.identifier
    host       = local.database_host
    secret     = aws_db_instance.archive.master_user_secret[0].secret_arn
  }
}

output "functions" {
  description = "The functions, and the versions of them that answer."
  value = {
    api    = { name = aws_lambda_function.api.function_name, live = aws_lambda_alias.api.function_version }
    ingest = { name = aws_lambda_function.ingest.function_name, live = aws_lambda_alias.ingest.function_version }
  }
}

output "untold_uploads" {
  description = "The queue of uploads that could not be told."
  value       = aws_sqs_queue.untold.url
}

output "dashboard" {
  description = "The dashboard."
  value       = "https://${var.region}.console.aws.amazon.com/cloudwatch/home?region=${var.region}#dashboards/dashboard/${aws_cloudwatch_dashboard.this.dashboard_name}"
}
