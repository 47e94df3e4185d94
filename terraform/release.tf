# The order of a release: image, migration, then the alias `live` and the workers. While the migration runs, the code of
# the release before answers; so migrations leave to it what it reads (docs/operations.md). One that fails stops the apply
# here, and nothing has changed for anybody.

resource "terraform_data" "image" {
  count = var.push_image ? 1 : 0

  triggers_replace = [var.release, aws_ecr_repository.worker.repository_url]

  provisioner "local-exec" {
    command = "${path.module}/push-image"

    environment = {
      ARCHITECTURE = var.architecture
      AWS_REGION   = var.region
      IMAGE        = var.local_image
      REPOSITORY   = aws_ecr_repository.worker.repository_url
      TAG          = var.release
    }
  }
}

resource "terraform_data" "migration" {
  # A database that was restored may be of an earlier release.
  triggers_replace = [var.release, local.package.sha256, var.run_migrations, aws_db_instance.archive.resource_id]

  provisioner "local-exec" {
    command = var.run_migrations ? "${path.module}/run-task migrate" : "true"

    environment = {
      AWS_REGION      = var.region
      CLUSTER         = aws_ecs_cluster.this.name
      TASK            = aws_ecs_task_definition.this["migrate"].arn
      SUBNETS         = join(",", aws_subnet.workers[*].id)
      SECURITY_GROUPS = aws_security_group.workers.id
      LOG_GROUP       = aws_cloudwatch_log_group.tasks.name
    }
  }

  depends_on = [
    terraform_data.image,
    aws_ecs_cluster_capacity_providers.this,
    aws_iam_role_policy.migrate,
    aws_iam_role_policy.migrate_execution,
    aws_route.internet,
    aws_route_table_association.workers,
    aws_vpc_endpoint.s3,
    aws_vpc_security_group_egress_rule.database,
    aws_vpc_security_group_egress_rule.workers_https,
    aws_vpc_security_group_ingress_rule.database,
  ]
}

resource "aws_lambda_alias" "api" {
  name             = "live"
  description      = "What the gateway calls"
  function_name    = aws_lambda_function.api.function_name
  function_version = aws_lambda_function.api.version

  depends_on = [terraform_data.migration]
}

resource "aws_lambda_alias" "ingest" {
  name             = "live"
  description      = "What uploads and the schedule call"
  function_name    = aws_lambda_function.ingest.function_name
  function_version = aws_lambda_function.ingest.version

  depends_on = [terraform_data.migration]
}
