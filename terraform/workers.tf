# Workers on Fargate. Between jobs there are none: scaling.tf starts them.

locals {
  worker_cpu    = coalesce(var.worker_cpu, local.sizes.worker.cpu)
  worker_memory = coalesce(var.worker_memory_mb, local.sizes.worker.memory_mb)
  image         = "${aws_ecr_repository.worker.repository_url}:${var.release}"

  # What Fargate gives: memory in MB for each size of processor.
  fargate_memory = {
    "256"   = [512, 2048]
    "512"   = [1024, 4096]
    "1024"  = [2048, 8192]
    "2048"  = [4096, 16384]
    "4096"  = [8192, 30720]
    "8192"  = [16384, 61440]
    "16384" = [32768, 122880]
  }

  # One of these runs from each task definition; they differ in size, role, command and what they are told.
  tasks = {
    worker = {
      cpu         = local.worker_cpu
      memory      = local.worker_memory
      role        = aws_iam_role.worker.arn
      execution   = aws_iam_role.execution.arn
      command     = ["worker"]
      environment = local.worker_environment
      secrets     = {}
      log_group   = aws_cloudwatch_log_group.worker.name
    }
    train = {
      cpu         = local.sizes.train.cpu
      memory      = local.sizes.train.memory_mb
      role        = aws_iam_role.worker.arn
      execution   = aws_iam_role.execution.arn
      command     = ["train", "SHALLOW"]
      environment = local.worker_environment
      secrets     = {}
      log_group   = aws_cloudwatch_log_group.tasks.name
    }
    migrate = {
      cpu         = local.sizes.migrate.cpu
      memory      = local.sizes.migrate.memory_mb
      role        = aws_iam_role.migrate.arn
      execution   = aws_iam_role.migrate_execution.arn
      command     = ["migrate", "--services"]
      environment = local.migrate_environment
      # libpq reads it. Fargate fetches it when the task starts, so it is in no state and no definition.
      secrets   = { PGPASSWORD = "${aws_db_instance.archive.master_user_secret[0].secret_arn}:password::" }
      log_group = aws_cloudwatch_log_group.tasks.name
    }
  }
}

resource "aws_ecs_cluster" "this" {
  #checkov:skip=CKV_AWS_65:Container Insights cost more than the workers; the alarms watch the queue and its oldest job instead.
  name = var.name
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

resource "aws_ecs_task_definition" "this" {
  #checkov:skip=CKV_AWS_336:Recordings are decoded on the task's own disk, which ends with it; nothing else is there to write to.
  for_each = local.tasks

  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  task_role_arn            = each.value.role
  execution_role_arn       = each.value.execution

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = upper(var.architecture)
  }

  container_definitions = jsonencode([{
    name        = each.key
    image       = local.image
    essential   = true
    command     = each.value.command
    stopTimeout = 60
    environment = [for name, value in each.value.environment : { name = name, value = value }]
    secrets     = [for name, arn in each.value.secrets : { name = name, valueFrom = arn }]

    linuxParameters = { initProcessEnabled = true }

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = each.value.log_group
        awslogs-region        = var.region
        awslogs-stream-prefix = var.release
      }
    }
  }])

  lifecycle {
    precondition {
      condition = try(
        each.value.memory >= local.fargate_memory[tostring(each.value.cpu)][0] &&
        each.value.memory <= local.fargate_memory[tostring(each.value.cpu)][1],
        false,
      )
      error_message = "Fargate has no ${each.value.cpu}/1024 of a core with ${each.value.memory} MB: see fargate_memory in workers.tf."
    }
  }
}

resource "aws_ecs_service" "worker" {
  #checkov:skip=CKV_AWS_333:Workers have a public address to reach AWS without a NAT gateway; no rule lets anybody in.
  name            = "${var.name}-worker"
  cluster         = aws_ecs_cluster.this.id
  task_definition = aws_ecs_task_definition.this["worker"].arn
  desired_count   = 0
  propagate_tags  = "SERVICE"

  # A worker that is replaced gives back what it has in hand: no two have to overlap, nor to share the connections.
  deployment_minimum_healthy_percent = 0
  deployment_maximum_percent         = 100
  # Without it, AWS refuses to change worker_spot.
  force_new_deployment = true

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  capacity_provider_strategy {
    capacity_provider = var.worker_spot ? "FARGATE_SPOT" : "FARGATE"
    weight            = 1
  }

  network_configuration {
    subnets          = aws_subnet.workers[*].id
    security_groups  = [aws_security_group.workers.id]
    assign_public_ip = true
  }

  # The scaling counts them.
  lifecycle {
    ignore_changes = [desired_count]
  }

  depends_on = [
    aws_ecs_cluster_capacity_providers.this,
    aws_iam_role_policy.execution,
    aws_iam_role_policy.worker,
    terraform_data.migration,
  ]
}
