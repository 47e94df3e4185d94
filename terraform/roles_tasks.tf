# What tasks may do (their role), and what Fargate may do to start them (the execution role).

data "aws_iam_policy_document" "tasks_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.aws}:ecs:${var.region}:${local.account}:*"]
    }
  }
}

data "aws_iam_policy_document" "worker" {
  statement {
    sid       = "LogInToTheDatabase"
    actions   = ["rds-db:connect"]
    resources = ["${local.database_users}/${local.worker_user}"]
  }

  statement {
    sid     = "Read"
    actions = ["s3:GetObject"]
    resources = [
      for prefix in ["audio", "artefacts", "covers", "snapshots", "weights"] :
      "${aws_s3_bucket.archive.arn}/${local.prefixes[prefix]}*"
    ]
  }

  statement {
    sid     = "Write"
    actions = ["s3:PutObject", "s3:AbortMultipartUpload"]
    resources = [
      for prefix in ["artefacts", "covers", "snapshots", "weights"] :
      "${aws_s3_bucket.archive.arn}/${local.prefixes[prefix]}*"
    ]
  }

  # Models and revisions that are dropped on purpose. Recordings are never deleted.
  statement {
    sid     = "Delete"
    actions = ["s3:DeleteObject"]
    resources = [
      for prefix in ["artefacts", "snapshots"] :
      "${aws_s3_bucket.archive.arn}/${local.prefixes[prefix]}*"
    ]
  }

  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.archive.arn]
  }
}

resource "aws_iam_role" "worker" {
  name               = "${var.name}-worker"
  description        = "Workers and training of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.tasks_trust.json
}

resource "aws_iam_role_policy" "worker" {
  name   = "worker"
  role   = aws_iam_role.worker.id
  policy = data.aws_iam_policy_document.worker.json
}

# Since PostgreSQL 16 the administrator may have become one of those who log in by IAM only (sql/roles.py).
data "aws_iam_policy_document" "migrate" {
  statement {
    sid       = "LogInToTheDatabase"
    actions   = ["rds-db:connect"]
    resources = ["${local.database_users}/${local.administrator}"]
  }
}

resource "aws_iam_role" "migrate" {
  name               = "${var.name}-migrate"
  description        = "Migrations of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.tasks_trust.json
}

resource "aws_iam_role_policy" "migrate" {
  name   = "migrate"
  role   = aws_iam_role.migrate.id
  policy = data.aws_iam_policy_document.migrate.json
}

data "aws_iam_policy_document" "execution" {
  #checkov:skip=CKV_AWS_356:ecr:GetAuthorizationToken knows no resource; everything else is named.
  statement {
    sid       = "LogInToTheRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "PullTheImage"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [aws_ecr_repository.worker.arn]
  }

  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.worker.arn}:*", "${aws_cloudwatch_log_group.tasks.arn}:*"]
  }
}

resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  description        = "Starts workers and training of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.tasks_trust.json
}

resource "aws_iam_role_policy" "execution" {
  name   = "execution"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

# Only the migration's start reads the administrator's password.
data "aws_iam_policy_document" "migrate_execution" {
  source_policy_documents = [data.aws_iam_policy_document.execution.json]

  statement {
    sid       = "AdministratorsPassword"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_db_instance.archive.master_user_secret[0].secret_arn]
  }
}

resource "aws_iam_role" "migrate_execution" {
  name               = "${var.name}-migrate-execution"
  description        = "Starts migrations of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.tasks_trust.json
}

resource "aws_iam_role_policy" "migrate_execution" {
  name   = "migrate-execution"
  role   = aws_iam_role.migrate_execution.id
  policy = data.aws_iam_policy_document.migrate_execution.json
}
