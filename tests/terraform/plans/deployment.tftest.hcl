# Deployments of several kinds, one after the other in one account.

mock_provider "aws" {
  source = "./tests/answers"
}

variables {
  release          = "0.1.0"
  package_folder   = "./package"
  frontend_origins = ["https://archive.example"]
  alarm_email      = "operator@archive.example"
}

run "as_it_comes" {
  assert {
    condition     = aws_lambda_function.api.environment[0].variables["SEGUE_DATABASE_URL"] == "postgresql://segue_api@segue.c1.eu-central-1.rds.amazonaws.com:5432/segue?login=iam"
    error_message = "The API logs in as itself, with a login that it signs."
  }

  assert {
    condition = jsondecode(aws_ecs_task_definition.this["migrate"].container_definitions)[0].secrets == [
      { name = "PGPASSWORD", valueFrom = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1:password::" },
    ]
    error_message = "The migration is given the administrator's password when it starts."
  }

  assert {
    condition     = alltrue([for task in ["worker", "train"] : length(jsondecode(aws_ecs_task_definition.this[task].container_definitions)[0].secrets) == 0])
    error_message = "Nobody else is given a secret."
  }

  assert {
    condition     = aws_lambda_alias.api.function_version == "7" && aws_lambda_alias.ingest.function_version == "7"
    error_message = "What was published answers."
  }

  assert {
    condition     = aws_ecs_service.worker.desired_count == "0" && aws_appautoscaling_target.workers.min_capacity == "0"
    error_message = "Without work there is no worker."
  }

  # Two at most, another from 50 waiting tracks on: 1 to 50 make one, 51 and more make two.
  assert {
    condition = jsonencode([
      for step in aws_appautoscaling_policy.start.step_scaling_policy_configuration[0].step_adjustment :
      [step.metric_interval_lower_bound, step.scaling_adjustment]
    ]) == jsonencode([["0", "1"], ["50", "2"]])
    error_message = "Workers are started step by step."
  }

  assert {
    condition     = length(aws_db_proxy.api) == 0 && length(aws_vpc_endpoint.interface) == 0 && length(aws_security_group.endpoints) == 0
    error_message = "What costs extra is there only when it is asked for."
  }

  assert {
    condition     = aws_s3_object.package.key == "releases/5e60e.zip" && aws_lambda_function.api.runtime == "python3.13"
    error_message = "The functions are what make package built."
  }

  assert {
    condition     = output.login.client_id == aws_cognito_user_pool_client.frontend[0].id && output.login.redirect[0] == "https://archive.example/curator"
    error_message = "The frontend is told how curators log in."
  }

  assert {
    condition     = join(", ", keys(aws_lambda_permission.gateway)) == "GET /, GET /curator/graphql, GET /graphql, GET /healthz, GET /readyz, GET /schema.graphql, GET /web/{proxy+}, POST /curator/graphql, POST /graphql"
    error_message = "The gateway may call for these routes."
  }

  assert {
    condition     = aws_lambda_permission.gateway["POST /graphql"].source_arn == "arn:aws:execute-api:eu-central-1:123456789012:a1/*/POST/graphql"
    error_message = "Each route has a permission of its own."
  }

  assert {
    condition     = aws_apigatewayv2_integration.api.timeout_milliseconds == "30000"
    error_message = "The gateway waits a second longer than the function may take."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 13 && aws_budgets_budget.monthly[0].cost_filter[0].values[0] == "user:deployment$segue"
    error_message = "There are alarms, and a budget for this deployment."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["database-storage"].comparison_operator == "LessThanThreshold" && aws_cloudwatch_metric_alarm.this["api-slow"].extended_statistic == "p99"
    error_message = "Alarms watch in their direction."
  }
}

run "next_release_through_the_proxy" {
  variables {
    database_proxy  = true
    api_concurrency = 500
    release         = "0.2.0"
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["worker"].container_definitions)[0].image == "123456789012.dkr.ecr.eu-central-1.amazonaws.com/segue-worker:0.2.0"
    error_message = "Workers run the release."
  }

  assert {
    condition     = aws_lambda_function.ingest.environment[0].variables["SEGUE_DATABASE_URL"] == "postgresql://segue_api@segue.proxy-c1.eu-central-1.rds.amazonaws.com:5432/segue?login=iam"
    error_message = "Functions go through the proxy."
  }

  assert {
    condition     = strcontains(aws_ecs_task_definition.this["worker"].container_definitions, "segue_worker@segue.c1.eu-central-1.")
    error_message = "Workers listen for messages, and do not."
  }

  assert {
    condition     = local.functions_login == "arn:aws:rds-db:eu-central-1:123456789012:dbuser:prx-0a1b/segue_api"
    error_message = "They log in to the proxy."
  }

  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.database) == ["functions", "proxy", "workers"]
    error_message = "The database lets in the proxy instead of the functions."
  }
}

run "an_issuer_of_ones_own" {
  command = plan

  variables {
    release         = "0.2.0"
    curator_cognito = false
    curator_oidc    = { issuer = "https://login.archive.example", audience = ["segue"], claim = "roles" }
  }

  assert {
    condition     = length(aws_cognito_user_pool.curators) == 0 && aws_apigatewayv2_authorizer.curators[0].jwt_configuration[0].issuer == "https://login.archive.example"
    error_message = "The gateway asks that issuer."
  }

  assert {
    condition     = aws_lambda_function.api.environment[0].variables["SEGUE_OIDC_CURATOR_CLAIM"] == "roles" && aws_lambda_function.api.environment[0].variables["SEGUE_OIDC_CURATOR_VALUE"] == "curators"
    error_message = "The API looks for that claim."
  }
}

run "api_keys_only" {
  command = plan

  variables {
    release          = "0.2.0"
    curator_cognito  = false
    frontend_origins = []
    alarm_email      = null
    serve_page       = false
  }

  assert {
    condition     = join(", ", keys(aws_apigatewayv2_route.open)) == "GET /graphql, GET /healthz, GET /readyz, GET /schema.graphql, POST /graphql"
    error_message = "The page is served where it is wanted."
  }

  assert {
    condition     = length(aws_apigatewayv2_route.curators) == 0 && output.curator_graphql_url == null && length(aws_s3_bucket_cors_configuration.archive) == 0
    error_message = "Nobody is verified who cannot be."
  }

  assert {
    condition     = !contains(keys(aws_lambda_function.api.environment[0].variables), "SEGUE_CORS_ORIGINS") && length(aws_budgets_budget.monthly) == 0
    error_message = "What is not set is not told."
  }
}

run "inside_the_network" {
  command = plan

  variables {
    release             = "0.2.0"
    interface_endpoints = ["logs", "ecr.api", "ecr.dkr"]
  }

  assert {
    condition     = aws_vpc_endpoint.interface["ecr.api"].service_name == "com.amazonaws.eu-central-1.ecr.api"
    error_message = "Services are reached inside the network when it is asked for."
  }
}

run "more_connections_than_there_are" {
  command = plan

  variables {
    release         = "0.2.0"
    api_concurrency = 200
  }

  expect_failures = [aws_db_instance.archive]
}

run "a_size_that_fargate_has_not" {
  command = plan

  variables {
    release          = "0.2.0"
    worker_cpu       = 1024
    worker_memory_mb = 16384
  }

  expect_failures = [aws_ecs_task_definition.this]
}

run "a_package_that_lambda_cannot_run" {
  command = plan

  variables {
    release        = "0.2.0"
    package_folder = "./undeployable"
  }

  expect_failures = [aws_lambda_function.api]
}

run "values_that_cannot_be" {
  command = plan

  variables {
    name                    = "Segue_1"
    region                  = "Frankfurt"
    release                 = "latest"
    vpc_cidr                = "10.0.0.0/24"
    zones                   = ["a", "a"]
    database_class          = "micro"
    database_backup_days    = 0
    api_concurrency         = 0
    max_upload_mb           = 5000
    log_retention_days      = 31
    worker_max              = 0
    queue_look_minutes      = 1
    frontend_origins        = ["http://archive.example/"]
    curator_oidc            = { issuer = "http://login.example", audience = [] }
    alarm_email             = "nobody"
    throttle_rate           = 0
    architecture            = "arm"
    database_storage_gb     = 5
    worker_idle_minutes     = 1
    log_level               = "LOUD"
    old_versions_days       = 0
    monthly_budget_usd      = 0
    oldest_job_hours        = 0
    ingest_concurrency      = 0
    worker_items            = 0
    throttle_burst          = 0
    api_pool_size           = 0
    database_max_storage_gb = 10
  }

  expect_failures = [
    var.name, var.region, var.release, var.vpc_cidr, var.zones, var.database_class, var.database_backup_days,
    var.api_concurrency, var.max_upload_mb, var.log_retention_days, var.worker_max, var.queue_look_minutes,
    var.frontend_origins, var.curator_oidc, var.alarm_email, var.throttle_rate, var.architecture,
    var.database_storage_gb, var.worker_idle_minutes, var.log_level, var.old_versions_days, var.monthly_budget_usd,
    var.oldest_job_hours, var.ingest_concurrency, var.worker_items, var.throttle_burst, var.api_pool_size,
    var.database_max_storage_gb,
  ]
}
