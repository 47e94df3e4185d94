# One page: are visitors served, does work get done, is the database well.

locals {
  # Metrics of each graph: [namespace, metric, dimension, value …], its statistic, its title.
  graphs = [
    { title = "Requests and errors", stat = "Sum", metrics = [
      ["AWS/Lambda", "Invocations", "FunctionName", aws_lambda_function.api.function_name],
      ["AWS/Lambda", "Errors", "FunctionName", aws_lambda_function.api.function_name],
      [local.metrics_namespace, "Failed"],
      ["AWS/Lambda", "Throttles", "FunctionName", aws_lambda_function.api.function_name],
      ["AWS/ApiGateway", "4xx", "ApiId", aws_apigatewayv2_api.api.id],
      ["AWS/ApiGateway", "5xx", "ApiId", aws_apigatewayv2_api.api.id],
    ] },
    { title = "Milliseconds of the slowest answers (p99)", stat = "p99", metrics = [
      ["AWS/Lambda", "Duration", "FunctionName", aws_lambda_function.api.function_name],
      ["AWS/ApiGateway", "Latency", "ApiId", aws_apigatewayv2_api.api.id],
    ] },
    { title = "Work that waits", stat = "Maximum", metrics = [
      [local.metrics_namespace, "JobsWaiting"],
      [local.metrics_namespace, "ItemsWaiting"],
    ] },
    { title = "Age of the oldest job, seconds", stat = "Maximum", metrics = [
      [local.metrics_namespace, "OldestJobSeconds"],
    ] },
    { title = "Workers: processor and memory, percent", stat = "Average", metrics = [
      ["AWS/ECS", "CPUUtilization", "ClusterName", aws_ecs_cluster.this.name, "ServiceName", aws_ecs_service.worker.name],
      ["AWS/ECS", "MemoryUtilization", "ClusterName", aws_ecs_cluster.this.name, "ServiceName", aws_ecs_service.worker.name],
    ] },
    { title = "Uploads told, and given up", stat = "Sum", metrics = [
      ["AWS/Lambda", "Invocations", "FunctionName", aws_lambda_function.ingest.function_name],
      ["AWS/Lambda", "Errors", "FunctionName", aws_lambda_function.ingest.function_name],
      ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.untold.name],
    ] },
    { title = "Connections to the database", stat = "Maximum", metrics = [
      ["AWS/RDS", "DatabaseConnections", "DBInstanceIdentifier", aws_db_instance.archive.identifier],
    ] },
    { title = "Database: processor, percent", stat = "Average", metrics = [
      ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", aws_db_instance.archive.identifier],
    ] },
    { title = "Database: free storage and memory, bytes", stat = "Minimum", metrics = [
      ["AWS/RDS", "FreeStorageSpace", "DBInstanceIdentifier", aws_db_instance.archive.identifier],
      ["AWS/RDS", "FreeableMemory", "DBInstanceIdentifier", aws_db_instance.archive.identifier],
    ] },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [
      for number, graph in local.graphs : {
        type   = "metric"
        x      = (number % 3) * 8
        y      = floor(number / 3) * 6
        width  = 8
        height = 6
        properties = {
          title   = graph.title
          region  = var.region
          stat    = graph.stat
          period  = 300
          metrics = graph.metrics
        }
      }
    ]
  })
}
