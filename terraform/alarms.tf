# What a person is told of. docs/operations.md says for each what it means and what to do.

resource "aws_sns_topic" "alarms" {
  #checkov:skip=CKV_AWS_26:Alarms cannot be published to a topic that is encrypted with AWS's own key, and they hold nothing but their names.
  name = "${var.name}-alarms"
}

resource "aws_sns_topic_subscription" "email" {
  count = var.alarm_email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

locals {
  alarms = {
    api-errors = {
      description = "The API failed for requests that it should have answered."
      namespace   = "AWS/Lambda", metric = "Errors", dimensions = { FunctionName = aws_lambda_function.api.function_name }
      statistic   = "Sum", period = 300, periods = 1, above = 2, missing = "notBreaching"
    }
    api-failed = {
      description = "Answers held an error of our own, or one that says that the database or the storage does not answer."
      namespace   = local.metrics_namespace, metric = "Failed", dimensions = {}
      statistic   = "Sum", period = 300, periods = 2, above = 2, missing = "notBreaching"
    }
    api-throttled = {
      description = "More requests came at once than api_concurrency lets in."
      namespace   = "AWS/Lambda", metric = "Throttles", dimensions = { FunctionName = aws_lambda_function.api.function_name }
      statistic   = "Sum", period = 300, periods = 2, above = 5, missing = "notBreaching"
    }
    api-slow = {
      description = "One answer in a hundred takes more than five seconds."
      namespace   = "AWS/Lambda", metric = "Duration", dimensions = { FunctionName = aws_lambda_function.api.function_name }
      statistic   = "p99", period = 300, periods = 3, above = 5000, missing = "notBreaching"
    }
    gateway-errors = {
      description = "The gateway answered with 5xx."
      namespace   = "AWS/ApiGateway", metric = "5xx", dimensions = { ApiId = aws_apigatewayv2_api.api.id }
      statistic   = "Sum", period = 300, periods = 2, above = 4, missing = "notBreaching"
    }
    ingest-errors = {
      description = "Uploads could not be told to the queue; they are tried again."
      namespace   = "AWS/Lambda", metric = "Errors", dimensions = { FunctionName = aws_lambda_function.ingest.function_name }
      statistic   = "Sum", period = 300, periods = 3, above = 0, missing = "notBreaching"
    }
    untold-uploads = {
      description = "Uploads were given up after three tries and are kept in the queue of dead letters."
      namespace   = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = aws_sqs_queue.untold.name }
      statistic   = "Maximum", period = 300, periods = 1, above = 0, missing = "notBreaching"
    }
    oldest-job = {
      description = "A job has not ended for longer than oldest_job_hours."
      namespace   = local.metrics_namespace, metric = "OldestJobSeconds", dimensions = {}
      statistic   = "Maximum", period = 300, periods = 3, above = var.oldest_job_hours * 3600, missing = "ignore"
    }
    queue-silent = {
      description = "Nobody has told for an hour how much work waits: workers are neither started nor stopped."
      namespace   = local.metrics_namespace, metric = "JobsWaiting", dimensions = {}
      statistic   = "Maximum", period = 1800, periods = 2, above = 1000000, missing = "breaching"
    }
    database-storage = {
      description = "Less than 3 GB are free in the database."
      namespace   = "AWS/RDS", metric = "FreeStorageSpace", dimensions = { DBInstanceIdentifier = aws_db_instance.archive.identifier }
      statistic   = "Minimum", period = 300, periods = 2, below = 3000000000, missing = "breaching"
    }
    database-connections = {
      description = "Four fifths of the database's connections are taken."
      namespace   = "AWS/RDS", metric = "DatabaseConnections", dimensions = { DBInstanceIdentifier = aws_db_instance.archive.identifier }
      statistic   = "Maximum", period = 60, periods = 5, above = floor(local.max_connections * 0.8), missing = "missing"
    }
    database-memory = {
      description = "Less than 80 MB of memory are free in the database."
      namespace   = "AWS/RDS", metric = "FreeableMemory", dimensions = { DBInstanceIdentifier = aws_db_instance.archive.identifier }
      statistic   = "Minimum", period = 300, periods = 3, below = 80000000, missing = "missing"
    }
    database-busy = {
      description = "The database's processor has been busy for a quarter of an hour; small classes then cost more, or slow down."
      namespace   = "AWS/RDS", metric = "CPUUtilization", dimensions = { DBInstanceIdentifier = aws_db_instance.archive.identifier }
      statistic   = "Average", period = 300, periods = 3, above = 90, missing = "missing"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.description} See docs/operations.md, ${each.key}."
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  period              = each.value.period
  evaluation_periods  = each.value.periods
  comparison_operator = can(each.value.below) ? "LessThanThreshold" : "GreaterThanThreshold"
  threshold           = can(each.value.below) ? each.value.below : each.value.above
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  # Nobody is told that the queue is silent before anybody could speak.
  depends_on = [aws_cloudwatch_event_target.queue]
}

resource "aws_budgets_budget" "monthly" {
  count = var.alarm_email == null ? 0 : 1

  name         = "${var.name}-monthly"
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  # Once the tag `deployment` counts for costs (docs/operations.md); until then nothing is counted.
  cost_filter {
    name   = "TagKeyValue"
    values = [join("$", ["user:deployment", var.name])]
  }

  notification {
    comparison_operator        = "GREATER_THAN"
    threshold                  = 80
    threshold_type             = "PERCENTAGE"
    notification_type          = "ACTUAL"
    subscriber_email_addresses = [var.alarm_email]
  }

  notification {
    comparison_operator        = "GREATER_THAN"
    threshold                  = 100
    threshold_type             = "PERCENTAGE"
    notification_type          = "FORECASTED"
    subscriber_email_addresses = [var.alarm_email]
  }
}
